// SPDX-License-Identifier: Apache-2.0
#include "experiment/jacobian_spectrum.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "experiment/jacobian.h"

namespace shatterproof {
namespace {

constexpr const char* kJacobianSpectrum = "jacobian_spectrum";
constexpr const char* kMeanSquareName = "jacobian_mean_square";
constexpr const char* kStableRankName = "jacobian_stable_rank";
constexpr int64_t kMostExact = 512;
constexpr int64_t kLeading = 8;
constexpr int64_t kMostNumbers = int64_t{1} << 24;  // of Jacobians at a time: 128 MiB

std::vector<Reading> no_jacobian_spectrum(const char* reason) {
  return {undefined_reading(kJacobianSpectrum, ReadingType::curve, reason),
          undefined_reading(kMeanSquareName, ReadingType::scalar, reason),
          undefined_reading(kStableRankName, ReadingType::scalar, reason)};
}

// Sums over examples.
struct Spectrum {
  at::Tensor quantiles;  // [positions]
  double squared_norms = 0, stable_ranks = 0;
  int64_t examples = 0, not_zero = 0;

  void add(const at::Tensor& at_positions, const at::Tensor& largest, const at::Tensor& norms) {
    quantiles = quantiles.defined() ? quantiles + at_positions.sum(0) : at_positions.sum(0);
    squared_norms += norms.sum().item<double>();
    const at::Tensor squares = largest.square();
    const at::Tensor positive = squares > 0;
    stable_ranks += (norms / squares).masked_select(positive).sum().item<double>();
    not_zero += positive.sum().item<int64_t>();
    examples += norms.size(0);
  }
};

std::vector<double> quantile_positions(int64_t values) {
  if (values <= kMostExact) return {0, 0.05, 0.25, 0.5, 0.75, 0.95, 1};
  std::vector<double> positions;
  for (int64_t k = kLeading; k-- > 0;)
    positions.push_back(1 - static_cast<double>(k) / static_cast<double>(values - 1));
  return positions;
}

// Examples whose Jacobians are made at a time.
int64_t part_size(int64_t outputs, int64_t inputs) {
  const bool exact = std::min(outputs, inputs) <= kMostExact;
  const int64_t numbers =
      exact ? outputs * inputs : 64 * std::min(outputs, inputs) + std::max(outputs, inputs);
  return std::max<int64_t>(1, kMostNumbers / std::max<int64_t>(1, numbers));
}

// False when a number is not finite.
bool add_exact(Spectrum& spectrum, const at::Tensor& jacobian, const std::vector<double>& positions) {
  if (!jacobian.isfinite().all().item<bool>()) return false;
  const at::Tensor values = at::linalg_svdvals(jacobian);
  const at::Tensor at_positions = at::quantile(values, at::tensor(positions, at::kDouble), 1).t();
  spectrum.add(at_positions, values.select(1, 0), jacobian.square().sum({1, 2}));
  return true;
}

bool add_leading(Spectrum& spectrum, const LeadingValues& leading) {
  if (!leading.squared_norm.isfinite().all().item<bool>()) return false;
  spectrum.add(leading.singular_values.flip({1}), leading.singular_values.select(1, 0), leading.squared_norm);
  return true;
}

std::vector<Reading> readings_of(const Spectrum& spectrum, std::vector<double> positions, int64_t inputs) {
  const auto examples = static_cast<double>(spectrum.examples);
  const at::Tensor means = (spectrum.quantiles / examples).contiguous();
  const double* values = means.data_ptr<double>();
  std::vector<double> curve(values, values + means.numel());
  Reading stable_rank =
      spectrum.not_zero == 0
          ? undefined_reading(kStableRankName, ReadingType::scalar, "the Jacobian is zero for every example")
          : scalar_reading(kStableRankName, spectrum.stable_ranks / static_cast<double>(spectrum.not_zero));
  return {curve_reading(kJacobianSpectrum, "quantile", std::move(positions), std::move(curve)),
          scalar_reading(kMeanSquareName, spectrum.squared_norms / examples / static_cast<double>(inputs)),
          std::move(stable_rank)};
}

std::vector<Reading> spectrum_of(const ExperimentRun& run) {
  if (run.options.batch_norm == BatchStatistics::attached)
    return no_jacobian_spectrum(
        "under `attached` the examples of a batch are coupled: there is no Jacobian of one");
  if (run.batch.examples() == 0) return no_jacobian_spectrum("no examples");
  const Batch batch = with_statistics_inputs(run.batch, run.options);
  const Batch one = batch.slice(0, 1);
  const int64_t inputs = run.source.input_gradient(one, run.options).size(1),
                outputs = rows_of(run.source.outputs(one, run.options)).size(1);
  const std::vector<double> positions = quantile_positions(std::min(inputs, outputs));
  const int64_t part = part_size(outputs, inputs);
  Spectrum spectrum;
  for (int64_t first = 0; first < batch.examples(); first += part) {
    const Batch piece = batch.slice(first, std::min(part, batch.examples() - first));
    const bool finite = std::min(inputs, outputs) <= kMostExact
                            ? add_exact(spectrum, jacobians(run, piece, outputs, inputs), positions)
                            : add_leading(spectrum, leading_values(run, piece, outputs, inputs, kLeading));
    if (!finite) return no_jacobian_spectrum("not finite: a NaN or an infinity was met");
  }
  return readings_of(spectrum, positions, inputs);
}

}  // namespace

ExperimentRecord jacobian_spectrum_record() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  ExperimentRecord record;
  record.name = kJacobianSpectrum;
  record.symbol = "s_q";
  record.sentence =
      "How a network stretches different directions around an example: the singular values of its Jacobian.";
  record.formula = "quantiles of the singular values of J_b = df/dx at example b, mean over examples";
  record.reference =
      "Philipp et al. 2018, Gradients explode - Deep Networks are shallow - ResNet explained, section 3";
  record.type = ReadingType::curve;
  record.least = 0;
  record.most = kInfinity;
  record.range_note = "all equal for an orthogonal map; 0 where a direction does not arrive";
  record.gradient_degree = 1;
  record.needs = Needs::runs;
  record.functional = PreferredFunctional::probe;
  record.undefined_when = "batch norm `attached`, or a number that is not finite";
  record.prediction = "none: for one linear map it is that of its weights";
  record.companions = {
      {kMeanSquareName,
       "||J||_F^2 over the number of inputs: the mean square of what a unit step of an input becomes.",
       ReadingType::scalar, 0, kInfinity, 2},
      {kStableRankName, "||J||_F^2 / s_1^2: how many directions share the stretching.", ReadingType::scalar,
       0, kInfinity, 0}};
  record.run = spectrum_of;
  return record;
}

}  // namespace shatterproof
