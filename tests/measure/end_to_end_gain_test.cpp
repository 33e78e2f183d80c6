// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/end_to_end_gain.h"

#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::end_to_end_gain_test {
namespace {

constexpr double kRounding = 1e-12;

// With probes of ones unless they are given.
Reading end_to_end_gain(const at::Tensor& inputs, const at::Tensor& gradients, at::Tensor probes = {},
                        int64_t mini_batch = 0) {
  FakeTaps taps;
  taps.add_input(inputs, gradients);
  if (!probes.defined()) probes = at::ones({inputs.size(0), 1}, at::kDouble);
  taps.add_output(probes, probes);
  return taps.measured_by(end_to_end_gain_record(), {}, mini_batch)[0];
}

TEST(EndToEndGain, ByHand) {
  // Inputs 0 2 and 1 1: variances 1 and 0, mean 1/2. Gradients: squares 4 + 4, two examples, two numbers: 2.
  const at::Tensor inputs = at::tensor({0.0, 1.0, 2.0, 1.0}).view({2, 2});
  const at::Tensor gradients = at::tensor({2.0, 0.0, 0.0, 2.0}).view({2, 2});
  EXPECT_THAT(end_to_end_gain(inputs, gradients).value(), IsNear(std::sqrt(2.0 * 0.5), kRounding));
  // Probes with the mean square (9 + 1) / 2.
  const at::Tensor probes = at::tensor({3.0, 1.0}).view({2, 1});
  EXPECT_THAT(shatterproof::end_to_end_gain(inputs, gradients, probes).value(),
              IsNear(std::sqrt(2.0 * 0.5 / 5), kRounding));
}

TEST(EndToEndGain, OfOneOutputDoesNotScatterWithItsProbes) {
  // f = w . x: whatever the few probes are, g = v w, and the gain is ||w|| / sqrt(5) times the spread.
  const at::Tensor w = gaussian_tensor("w", {1, 5}), probes = gaussian_tensor("v", {93, 1});
  const at::Tensor inputs = gaussian_tensor("x", {93, 5});
  const double spread = std::sqrt(inputs.var(0, false).mean().item<double>());
  EXPECT_THAT(end_to_end_gain(inputs, probes.mm(w), probes).value(),
              IsNear(w.norm().item<double>() / std::sqrt(5.0) * spread, kRounding));
}

TEST(EndToEndGain, OfALinearMapIsItsFrobeniusNormTimesTheSpreadOfTheInputs) {
  // f = W x with a probe v per example has gradient W^T v: E ||g||^2 = ||W||_F^2. For 3 outputs the mean over
  // 4,000 probes scatters by at most sqrt(2 / 4000) of it, the gain by half of that.
  const int64_t examples = 4000;
  const at::Tensor weight = gaussian_tensor("w", {3, 5}), probes = gaussian_tensor("v", {examples, 3});
  const at::Tensor inputs = 2 * gaussian_tensor("x", {examples, 5});
  const double spread = std::sqrt(inputs.var(0, false).mean().item<double>());
  const double expected = weight.norm().item<double>() / std::sqrt(5.0) * spread;
  EXPECT_THAT(end_to_end_gain(inputs, probes.mm(weight), probes).value(),
              IsNear(expected, 4 * std::sqrt(2.0 / 4000) / 2));
}

TEST(EndToEndGain, TakesSeveralInputsForOneLongVector) {
  const at::Tensor inputs = gaussian_tensor("x", {8, 6}), gradients = gaussian_tensor("g", {8, 6});
  const at::Tensor probes = at::ones({8, 1}, at::kDouble);
  FakeTaps split;
  split.add_input(inputs.narrow(1, 0, 2), gradients.narrow(1, 0, 2));
  split.add_input(inputs.narrow(1, 2, 4), gradients.narrow(1, 2, 4));
  split.add_output(probes, probes);
  EXPECT_THAT(split.measured_by(end_to_end_gain_record())[0].value(),
              IsNear(end_to_end_gain(inputs, gradients).value(), kRounding));
}

TEST(EndToEndGain, SaysWhyItIsUndefined) {
  EXPECT_EQ(end_to_end_gain(at::ones({3, 2}), at::ones({3, 2})).undefined,
            "inputs do not vary from example to example");
  EXPECT_FALSE(end_to_end_gain(at::ones({1, 2}), at::ones({1, 2})).is_defined());
  const at::Tensor inputs = gaussian_tensor("x", {3, 2});
  EXPECT_THAT(end_to_end_gain(inputs, at::full({3, 2}, NAN)).undefined, ::testing::HasSubstr("not finite"));
  EXPECT_EQ(end_to_end_gain(inputs, at::zeros({3, 2})).value(), 0)
      << "no output depends on the input: gain 0, a number";
}

}  // namespace
}  // namespace shatterproof::end_to_end_gain_test
