// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/effective_rank.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "measure/batch_gradients.h"
#include "measure/gram.h"

namespace shatterproof {
namespace {

constexpr const char* kEffectiveRank = "effective_rank";

Reading no_effective_rank(const char* reason) {
  return undefined_reading(kEffectiveRank, ReadingType::scalar, reason);
}

class EffectiveRank : public BatchGradients {
 public:
  using BatchGradients::BatchGradients;

 private:
  std::vector<Reading> reduce(const at::Tensor& gradients) const override {
    return {effective_rank(gradients)};
  }
  std::vector<Reading> without(const char* reason) const override { return {no_effective_rank(reason)}; }
};

}  // namespace

Reading effective_rank(const at::Tensor& gradients) {
  const at::Tensor rows = as_rows(gradients);
  if (std::min(rows.size(0), rows.size(1)) > kLargestGram) return no_effective_rank(kGramTooLarge);
  const MeanGradient center = mean_gradient(rows);
  if (center.undefined) return no_effective_rank(center.undefined);
  const at::Tensor gram =
      rows.size(0) <= rows.size(1) ? gram_of_rows(rows, center.mean) : gram_of_columns(rows, center.mean);
  const double largest = at::linalg_eigvalsh(gram).max().item<double>();
  return scalar_reading(kEffectiveRank, gram.trace().item<double>() / largest);
}

MeasurementRecord effective_rank_record() {
  MeasurementRecord record;
  record.name = kEffectiveRank;
  record.symbol = "r(A)";
  record.sentence = "In how many directions the gradients of a batch differ.";
  record.formula = "r(A) = tr(A^T A) / ||A||_2^2, columns of A: gradients of the examples less their mean";
  record.reference = "Balduzzi et al. 2017, The Shattered Gradients Problem, section 5, after Vershynin 2012";
  record.type = ReadingType::scalar;
  record.least = 1;
  record.most = std::numeric_limits<double>::infinity();
  record.range_note = "1: all differences lie on one line; at most min(B - 1, numbers per gradient)";
  record.streams = false;
  record.undefined_when =
      "one example, gradients that are the same for all (rank 0), more than 4096 of both examples and "
      "numbers, or a number that is not finite";
  record.prediction = "effective_rank";
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<EffectiveRank>(options);
  };
  return record;
}

}  // namespace shatterproof
