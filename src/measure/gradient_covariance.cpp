// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/gradient_covariance.h"

#include <ATen/ATen.h>

#include <limits>

#include "measure/batch_gradients.h"
#include "measure/gram.h"

namespace shatterproof {
namespace {

constexpr const char* kGradientCovariance = "gradient_covariance";

Reading no_gradient_covariance(const char* reason) {
  return undefined_reading(kGradientCovariance, ReadingType::matrix, reason);
}

class GradientCovariance : public BatchGradients {
 public:
  using BatchGradients::BatchGradients;

 private:
  std::vector<Reading> reduce(const at::Tensor& gradients) const override {
    return {gradient_covariance(gradients)};
  }
  std::vector<Reading> without(const char* reason) const override { return {no_gradient_covariance(reason)}; }
};

}  // namespace

Reading gradient_covariance(const at::Tensor& gradients) {
  const at::Tensor rows = as_rows(gradients);
  const int64_t examples = rows.size(0);
  if (examples > kLargestGram) return no_gradient_covariance(kGramTooLarge);
  const MeanGradient center = mean_gradient(rows);
  if (center.undefined) return no_gradient_covariance(center.undefined);
  const at::Tensor gram = gram_of_rows(rows, center.mean);
  const at::Tensor covariance = (gram.abs() / gram.diagonal().mean()).contiguous();
  const double* values = covariance.data_ptr<double>();
  return matrix_reading(kGradientCovariance, {examples, examples}, {values, values + covariance.numel()});
}

MeasurementRecord gradient_covariance_record() {
  MeasurementRecord record;
  record.name = kGradientCovariance;
  record.symbol = "|K|";
  record.sentence = "Which examples have gradients that deviate from the mean together, as a picture.";
  record.formula = "K_ij = |<g_i - mean, g_j - mean>| / mean_i ||g_i - mean||^2";
  record.reference = "Balduzzi et al. 2017, The Shattered Gradients Problem, figures 1 and 5";
  record.type = ReadingType::matrix;
  record.least = 0;
  record.most = std::numeric_limits<double>::infinity();
  record.range_note =
      "1 on the diagonal on average; 0: unrelated deviations; at most B - 1, for one example that differs";
  record.order_invariant = false;
  record.streams = false;
  record.undefined_when =
      "one example, gradients that are the same for all, more than 4096 examples, or a number that is not "
      "finite";
  record.prediction =
      "none: a picture of one draw; gradient_autocorrelation and gradient_correlation are what theory "
      "speaks of";
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<GradientCovariance>(options);
  };
  return record;
}

}  // namespace shatterproof
