// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/gradient_confusion.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "measure/batch_gradients.h"
#include "measure/gram.h"

namespace shatterproof {
namespace {

constexpr const char* kGradientConfusion = "gradient_confusion";
constexpr const char* kQuantileName = "gradient_confusion_quantile";

// Cosines of all pairs of examples that have a gradient.
std::vector<double> cosines_of(const at::Tensor& gram) {
  const auto products = gram.accessor<double, 2>();
  std::vector<int64_t> directed;
  for (int64_t i = 0; i < gram.size(0); ++i) {
    if (products[i][i] > 0) directed.push_back(i);
  }
  std::vector<double> cosines;
  for (size_t a = 0; a < directed.size(); ++a) {
    for (size_t b = a + 1; b < directed.size(); ++b) {
      const int64_t i = directed[a], j = directed[b];
      const double cosine = products[i][j] / std::sqrt(products[i][i]) / std::sqrt(products[j][j]);
      cosines.push_back(std::clamp(cosine, -1.0, 1.0));
    }
  }
  return cosines;
}

// Between the two neighbours of position (n - 1)/100, in proportion. Reorders the numbers.
double percentile(std::vector<double>& numbers) {
  const double position = static_cast<double>(numbers.size() - 1) / 100;
  const auto below = numbers.begin() + static_cast<std::ptrdiff_t>(position);
  std::nth_element(numbers.begin(), below, numbers.end());
  if (below + 1 == numbers.end()) return *below;
  const double above = *std::min_element(below + 1, numbers.end());
  return *below + (position - std::floor(position)) * (above - *below);
}

std::vector<Reading> no_gradient_confusion(const char* reason) {
  return {undefined_reading(kGradientConfusion, ReadingType::scalar, reason),
          undefined_reading(kQuantileName, ReadingType::scalar, reason)};
}

std::vector<Reading> confusion(const at::Tensor& gradients) {
  if (gradients.size(0) > kLargestGram) return no_gradient_confusion(kGramTooLarge);
  if (gradients.size(0) < 2) return no_gradient_confusion(kOneExample);
  const at::Tensor gram = gram_of_rows(gradients);
  if (!gram.isfinite().all().item<bool>()) return no_gradient_confusion(kNotFinite);
  std::vector<double> cosines = cosines_of(gram);
  if (cosines.empty()) return no_gradient_confusion("gradient is zero for all examples, or for all but one");
  return {scalar_reading(kGradientConfusion, *std::min_element(cosines.begin(), cosines.end())),
          scalar_reading(kQuantileName, percentile(cosines))};
}

class GradientConfusion : public BatchGradients {
 public:
  using BatchGradients::BatchGradients;

 private:
  std::vector<Reading> reduce(const at::Tensor& gradients) const override { return confusion(gradients); }
  std::vector<Reading> without(const char* reason) const override { return no_gradient_confusion(reason); }
};

}  // namespace

Reading gradient_confusion(const at::Tensor& gradients) {
  return confusion(as_rows(gradients)).front();
}

MeasurementRecord gradient_confusion_record() {
  MeasurementRecord record;
  record.name = kGradientConfusion;
  record.symbol = "min cos";
  record.sentence = "How much the gradients of two examples oppose each other at worst.";
  record.formula = "min over i < j of <g_i, g_j> / (||g_i|| ||g_j||)";
  record.reference =
      "Sankararaman et al. 2020, The Impact of Neural Network Overparameterization on Gradient Confusion";
  record.type = ReadingType::scalar;
  record.least = -1;
  record.most = 1;
  record.range_note =
      "1: all gradients point the same way; 0: no two oppose each other; -1: two are opposite";
  record.streams = false;
  record.undefined_when =
      "fewer than two examples with a gradient, more than 4096 examples, or a number that is not finite";
  record.prediction =
      "none: an extreme over pairs; gradient_correlation has their mean, which theory speaks of";
  record.companions = {{kQuantileName,
                        "The 1 % quantile of the cosines of all pairs, which one odd pair does not move.",
                        ReadingType::scalar, -1, 1, 0}};
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<GradientConfusion>(options);
  };
  return record;
}

}  // namespace shatterproof
