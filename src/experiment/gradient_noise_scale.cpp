// SPDX-License-Identifier: Apache-2.0
#include "experiment/gradient_noise_scale.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "experiment/loss_gradients.h"
#include "shatterproof/network/layer.h"

namespace shatterproof {
namespace {

constexpr const char* kGradientNoiseScale = "gradient_noise_scale";
constexpr const char* kLayersName = "gradient_noise_scale_of_layers";
constexpr int64_t kParts = 8, kMostParts = 65536;

int64_t parts_of(const Spec& spec) {
  return spec.count("parts", kParts, 2, kMostParts);
}

std::vector<Reading> no_gradient_noise_scale(const std::string& reason) {
  return {undefined_reading(kGradientNoiseScale, ReadingType::scalar, reason),
          undefined_reading(kLayersName, ReadingType::curve, reason)};
}

double square_of(const at::Tensor& gradient) {
  return gradient.to(at::kDouble).square().sum().item<double>();
}

// What is known of each parameter's gradient.
struct Squares {
  std::vector<double> of_parts, of_mean;  // mean |g_b|^2, |g_B|^2
  double small = 0, large = 0;            // b, B
};

Squares squares_of(LossGradients& gradients, int64_t examples, int64_t parts) {
  Squares squares;
  const int64_t each = examples / parts;
  squares.small = static_cast<double>(each);
  squares.large = static_cast<double>(each * parts);
  std::vector<at::Tensor> sums;
  for (int64_t part = 0; part < parts; ++part) {
    const std::vector<at::Tensor> of_part = gradients.of(part * each, each);
    squares.of_parts.resize(of_part.size());
    sums.resize(of_part.size());
    for (size_t i = 0; i < of_part.size(); ++i) {
      const at::Tensor precise = of_part[i].to(at::kDouble);
      squares.of_parts[i] += square_of(precise) / static_cast<double>(parts);
      sums[i] = sums[i].defined() ? sums[i] + precise : precise;
    }
  }
  for (const at::Tensor& sum : sums) squares.of_mean.push_back(square_of(sum / static_cast<double>(parts)));
  return squares;
}

// NaN where the estimate of |G|^2 is not above 0.
double noise_scale(double of_parts, double of_mean, const Squares& squares) {
  const double b = squares.small, all = squares.large;
  const double signal = (all * of_mean - b * of_parts) / (all - b);
  const double noise = (of_parts - of_mean) / (1 / b - 1 / all);
  return signal > 0 ? std::max(0., noise) / signal : std::numeric_limits<double>::quiet_NaN();
}

std::vector<Reading> measured(const ExperimentRun& run) {
  const int64_t parts = std::min(parts_of(run.measurement.spec), run.batch.examples());
  if (parts < 2) return no_gradient_noise_scale("one example: at least two parts are needed");
  LossGradients gradients(run);
  if (!gradients.obstacle().empty()) return no_gradient_noise_scale(gradients.obstacle());
  const Squares squares = squares_of(gradients, run.batch.examples(), parts);
  double of_parts = 0, of_mean = 0;
  for (size_t i = 0; i < squares.of_mean.size(); ++i)
    of_parts += squares.of_parts[i], of_mean += squares.of_mean[i];
  if (!std::isfinite(of_parts + of_mean))
    return no_gradient_noise_scale("not finite: a NaN or an infinity in a gradient");
  if (of_parts == 0) return no_gradient_noise_scale("the gradient is zero");
  constexpr const char* kTooNoisy = "the mean gradient does not stand out of its noise: take more examples";
  const double whole = noise_scale(of_parts, of_mean, squares);
  const Structure derived = structure(run.graph());
  Reading curve = curve_reading(kLayersName, "depth", {}, {});
  for (const Layer& layer : derived.layers) {
    const int64_t place = gradients.place_of(layer.weight);
    if (place < 0) continue;
    const auto i = static_cast<size_t>(place);
    const double scale = noise_scale(squares.of_parts[i], squares.of_mean[i], squares);
    if (std::isnan(scale)) continue;
    curve.x.push_back(derived.depth[layer.output]);
    curve.x_labels.push_back(layer.name);
    curve.values.push_back(scale);
  }
  std::vector<Reading> readings = no_gradient_noise_scale(kTooNoisy);
  if (!std::isnan(whole)) readings[0] = scalar_reading(kGradientNoiseScale, whole);
  if (!curve.values.empty()) readings[1] = std::move(curve);
  return readings;
}

}  // namespace

ExperimentRecord gradient_noise_scale_record() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  ExperimentRecord record;
  record.name = kGradientNoiseScale;
  record.symbol = "B_simple";
  record.sentence = "How many examples a step needs before its gradient is more signal than noise.";
  record.formula = "tr(Sigma) / |G|^2, from E |g_b|^2 = |G|^2 + tr(Sigma)/b of the batch and of its parts";
  record.reference = "McCandlish et al. 2018, An empirical model of large-batch training, appendix A.1";
  record.type = ReadingType::scalar;
  record.least = 0;
  record.most = kInfinity;
  record.range_note = "0: every example asks for the same step; large: they have little in common";
  record.needs = Needs::runs;
  record.batch_norm = PreferredStatistics::attached;
  record.functional = PreferredFunctional::loss;
  record.order_invariant = false;  // parts are made of neighbours
  record.undefined_when =
      "fewer than two parts, a mean gradient that is zero or drowns in its noise, several outputs, one "
      "number "
      "per example, or a number that is not finite";
  record.prediction = "none: it depends on the error, which is the data's";
  record.over_seeds = SeedMean::geometric;
  record.companions = {{kLayersName, "The same of the gradient of each layer's weight alone.",
                        ReadingType::curve, 0, kInfinity, 0, SeedMean::geometric}};
  record.options = {
      {"parts", "8", "into how many equal parts the batch goes; as many as examples is the most"}};
  record.run = measured;
  record.check = [](const Spec& spec) { parts_of(spec); };
  return record;
}

}  // namespace shatterproof
