// SPDX-License-Identifier: Apache-2.0
#include "experiment/nonlinearity_coefficient.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "experiment/jacobian.h"
#include "measure/tap_series.h"

namespace shatterproof {
namespace {

constexpr const char* kNonlinearityCoefficient = "nonlinearity_coefficient";
constexpr int kCoefficientProbes = 4;

class InputSeries : public Observer {
 public:
  void begin(const RunContext& context) override { series.begin(context.examples); }
  bool wants_forward(const Tap& tap) const override { return tap.kind == TapKind::input; }
  void observe(const ForwardTap& tap) override { series.add(tap.tap, tap.output, tap.first_example); }
  using Observer::observe;

  TapSeries series;
};

constexpr int64_t kNumbersAtOnce = int64_t{1} << 22;  // in double: 32 MiB

// <a_i, b_j - mean b> of some rows of a and all of b, a piece of the columns at a time.
at::Tensor products_of(const at::Tensor& a, const at::Tensor& b) {
  const int64_t columns = std::max<int64_t>(1, kNumbersAtOnce / b.size(0));
  at::Tensor products = at::zeros({a.size(0), b.size(0)}, a.options().dtype(at::kDouble));
  for (int64_t first = 0; first < a.size(1); first += columns) {
    const int64_t count = std::min(columns, a.size(1) - first);
    const at::Tensor left = a.narrow(1, first, count).to(at::kDouble);
    const at::Tensor right = b.narrow(1, first, count).to(left.device(), at::kDouble);
    products.addmm_(left, (right - right.mean(0)).t());
  }
  return products;
}

// A^T A of rows less their mean, in double.
at::Tensor second_moments(const at::Tensor& rows, bool centred) {
  const int64_t at_once = std::max<int64_t>(1, kNumbersAtOnce / rows.size(1));
  const at::Tensor mean = centred ? rows.mean(0, false, at::kDouble) : at::Tensor();
  at::Tensor moments = at::zeros({rows.size(1), rows.size(1)}, rows.options().dtype(at::kDouble));
  for (int64_t first = 0; first < rows.size(0); first += at_once) {
    at::Tensor some = rows.narrow(0, first, std::min(at_once, rows.size(0) - first)).to(at::kDouble);
    if (centred) some = some - mean;
    moments.addmm_(some.t(), some);
  }
  return moments;
}

// sum over all pairs of rows of <a_i, b_j - mean b>^2, in double. Pairs are as many as examples x examples:
// they are never held at once, and where rows are short the sum is <A^T A, B^T B>, which has none.
double squared_products(const at::Tensor& a, const at::Tensor& b) {
  constexpr int64_t kShort = 4;  // times fewer numbers than rows
  if (a.size(1) <= b.size(0) / kShort) {
    const at::Tensor left = second_moments(a, false);
    return (left * second_moments(b.to(a.device()), true)).sum().item<double>();
  }
  const int64_t rows = std::max<int64_t>(1, kNumbersAtOnce / b.size(0));
  double sum = 0;
  for (int64_t first = 0; first < a.size(0); first += rows)
    sum +=
        products_of(a.narrow(0, first, std::min(rows, a.size(0) - first)), b).square().sum().item<double>();
  return sum;
}

std::vector<Reading> no_nonlinearity_coefficient(const char* reason) {
  return {undefined_reading(kNonlinearityCoefficient, ReadingType::scalar, reason)};
}

std::vector<Reading> coefficient(const ExperimentRun& run) {
  const Batch& batch = run.batch;
  if (batch.examples() < 2) return no_nonlinearity_coefficient(kOneExample);
  InputSeries inputs;
  Observer* observer = &inputs;
  run.source.observe_forward(batch, {&observer, 1}, run.options);
  if (inputs.series.empty()) return no_nonlinearity_coefficient("the network has no input of real numbers");
  const at::Tensor x = inputs.series.joined(), f = rows_of(run.source.outputs(batch, run.options));
  std::vector<at::Tensor> probes;
  for (int probe = 0; probe < kCoefficientProbes; ++probe) {
    const std::string name = fmt::format("{}.probe_{}", kNonlinearityCoefficient, probe);
    probes.push_back(gaussian_rows(name, run.options.seed, f.size(0), f.size(1)));
  }
  double above = 0, below = 0;
  for (const at::Tensor& pulled : run.source.jacobian_transpose_times(batch, probes, run.options))
    above += squared_products(pulled, x);
  for (const at::Tensor& u : probes) below += squared_products(u.to(f.device()), f);
  if (!std::isfinite(above) || !std::isfinite(below)) return no_nonlinearity_coefficient(kNotFinite);
  if (below == 0) return no_nonlinearity_coefficient("outputs do not vary from example to example");
  return {scalar_reading(kNonlinearityCoefficient, std::sqrt(above / below))};
}

}  // namespace

ExperimentRecord nonlinearity_coefficient_record() {
  ExperimentRecord record;
  record.name = kNonlinearityCoefficient;
  record.symbol = "NLC";
  record.sentence = "How far a network is from an affine map, over the spread of its inputs.";
  record.formula =
      "sqrt(E Tr(J Cov_x J^T) / Tr Cov_f), estimated by E (u^T J(x) (x' - mean x))^2, u ~ N(0, I)";
  record.reference = "Philipp and Carbonell 2018, The Nonlinearity Coefficient - Predicting Generalization";
  record.type = ReadingType::scalar;
  record.least = 0;
  record.most = std::numeric_limits<double>::infinity();
  record.range_note = "1 for an affine network; 1 to 5 is healthy";
  record.needs = Needs::runs;
  record.order_invariant = false;  // probes go to the examples as they come
  record.batch_norm = PreferredStatistics::attached;
  record.functional = PreferredFunctional::probe;
  record.undefined_when = "one example, outputs that do not vary, or a number that is not finite";
  record.prediction = "nonlinearity_coefficient";
  record.over_seeds = SeedMean::geometric;
  record.run = coefficient;
  return record;
}

}  // namespace shatterproof
