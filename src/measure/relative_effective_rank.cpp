// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/relative_effective_rank.h"

#include <ATen/ATen.h>

#include <limits>

#include "measure/batch_gradients.h"
#include "shatterproof/core/random.h"
#include "shatterproof/measure/effective_rank.h"

namespace shatterproof {
namespace {

constexpr const char* kName = "relative_effective_rank";
constexpr uint64_t kDraws = 20;

Reading undefined(const std::string& reason) {
  return undefined_reading(kName, ReadingType::scalar, reason);
}

double rank_of_white_noise(int64_t examples, int64_t numbers) {
  at::Tensor noise = at::empty({examples, numbers}, at::kFloat);
  const std::span<float> entries(noise.data_ptr<float>(), static_cast<size_t>(noise.numel()));
  double sum = 0;
  for (uint64_t draw = 1; draw <= kDraws; ++draw) {
    RandomStream(draw, kName).gaussian(entries, 1);
    sum += effective_rank(noise).value();
  }
  return sum / static_cast<double>(kDraws);
}

class RelativeEffectiveRank : public BatchGradients {
 public:
  using BatchGradients::BatchGradients;

 private:
  std::vector<Reading> reduce(const at::Tensor& gradients) const override {
    return {relative_effective_rank(gradients)};
  }
  std::vector<Reading> without(const char* reason) const override { return {undefined(reason)}; }
};

}  // namespace

Reading relative_effective_rank(const at::Tensor& gradients) {
  const Reading rank = effective_rank(gradients);
  if (!rank.is_defined()) return undefined(rank.undefined);
  const int64_t examples = gradients.size(0), numbers = gradients.numel() / examples;
  if (examples == 2 || numbers == 1)
    return undefined("differences of these gradients have one direction only");
  return scalar_reading(kName, rank.value() / rank_of_white_noise(examples, numbers));
}

MeasurementRecord relative_effective_rank_record() {
  MeasurementRecord record;
  record.name = kName;
  record.symbol = "r(A)/r(W)";
  record.sentence = "How near the gradients of a batch are to white noise, by their effective rank.";
  record.formula =
      "r(A) / mean over 20 draws of r(W), r the effective rank, W Gaussian numbers in the shape of A";
  record.reference = "Balduzzi et al. 2017, The Shattered Gradients Problem, figure 5";
  record.type = ReadingType::scalar;
  record.least = 0;
  record.most = std::numeric_limits<double>::infinity();
  record.range_note =
      "near 0: a few directions hold all differences; 1: white gradients; above 1: more even than chance";
  record.streams = false;
  record.undefined_when =
      "fewer than three examples, gradients of one number or the same for all, more than 4096 of both "
      "examples and numbers, or a number that is not finite";
  record.prediction = "relative_effective_rank";
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<RelativeEffectiveRank>(options);
  };
  return record;
}

}  // namespace shatterproof
