// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/gradient_scale_coefficient.h"

#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::gradient_scale_coefficient_test {
namespace {

constexpr double kRounding = 1e-12;

Reading coefficient(const FakeTaps& taps, int64_t mini_batch = 0) {
  return taps.measured_by(gradient_scale_coefficient_record(), {}, mini_batch)[0];
}

// x -> f = x W^T, seen with probes v.
FakeTaps linear_map(const at::Tensor& weight, const at::Tensor& x, const at::Tensor& v) {
  FakeTaps taps;
  taps.add_linear("first", 0, x, v.mm(weight));
  taps.add_output(x.mm(weight.t()), v);
  return taps;
}

TEST(GradientScaleCoefficient, ByHand) {
  FakeTaps taps;
  // Values: squares 1 + 4 = 5. Gradients: squares 9 + 9 over two examples and one number: mean 9.
  taps.add_linear("first", 0, at::tensor({1.0, 2.0}).view({2, 1}), at::tensor({3.0, 3.0}).view({2, 1}));
  // Outputs: squares 20. Probes: squares 2 over four numbers: mean 1/2.
  taps.add_output(at::tensor({2.0, 0.0, 0.0, 4.0}).view({2, 2}),
                  at::tensor({1.0, 0.0, 0.0, 1.0}).view({2, 2}));
  EXPECT_THAT(coefficient(taps).values[0], IsNear(std::sqrt(9 / 0.5 * 5 / 20), kRounding));
  const FakeTaps::Place &first = taps.places[0], &output = taps.places[1];
  EXPECT_THAT(
      gradient_scale_coefficient(first.output, first.gradient, output.output, output.gradient).value(),
      IsNear(std::sqrt(9 / 0.5 * 5 / 20), kRounding));
}

TEST(GradientScaleCoefficient, OfAnOrthogonalMapIsExactlyOne) {
  const at::Tensor q = std::get<0>(at::linalg_qr(gaussian_tensor("q", {9, 9})));
  const FakeTaps taps = linear_map(7 * q, gaussian_tensor("x", {11, 9}), gaussian_tensor("v", {11, 9}));
  EXPECT_THAT(coefficient(taps).values[0], IsNear(1, kRounding));
  EXPECT_THAT(coefficient(taps, 4).values[0], IsNear(1, kRounding));
}

TEST(GradientScaleCoefficient, OfALinearMapIsThatOfItsMatrix) {
  // ||W||_qm ||x|| / ||W x||; 20,000 probes of 3 numbers: the square scatters by sqrt(2 / 20,000) at most.
  const at::Tensor weight = gaussian_tensor("w", {3, 5}), x = gaussian_tensor("x", {20000, 5});
  const double expected = weight.norm().item<double>() / std::sqrt(5.0) * x.norm().item<double>() /
                          x.mm(weight.t()).norm().item<double>();
  EXPECT_THAT(coefficient(linear_map(weight, x, gaussian_tensor("v", {20000, 3}))).values[0],
              IsNear(expected, 4 * std::sqrt(2.0 / 20000) / 2));
}

TEST(GradientScaleCoefficient, FollowsLayersAndSumsButNothingBesideASkip) {
  const at::Tensor f = gaussian_tensor("f", {4, 2});
  FakeTaps taps;
  taps.add_linear("first", 0, f, f);
  taps.add_linear("branch", 1, f, f);
  taps.places.back().tap.bypassed = true;
  taps.add_sum("sum", 1, f, f, f);
  taps.add_linear("last", 2, f, f);
  taps.add_output(f, f);
  EXPECT_EQ(coefficient(taps).x_labels, (std::vector<std::string>{"first", "sum", "last"}));
  MeasurementOptions options;
  options.tap = "branch";
  EXPECT_EQ(taps.measured_by(gradient_scale_coefficient_record(), options)[0].x_labels,
            std::vector<std::string>{"branch"});
}

TEST(GradientScaleCoefficient, TakesSeveralOutputsForOneLongVector) {
  const at::Tensor f = gaussian_tensor("f", {6, 4}), v = gaussian_tensor("v", {6, 4});
  FakeTaps joined, split;
  for (FakeTaps* taps : {&joined, &split}) taps->add_linear("first", 0, 3 * f, v + f);
  joined.add_output(f, v);
  split.add_output(f.narrow(1, 0, 1), v.narrow(1, 0, 1));
  split.add_output(f.narrow(1, 1, 3), v.narrow(1, 1, 3));
  EXPECT_THAT(coefficient(split).values[0], IsNear(coefficient(joined).values[0], kRounding));
}

TEST(GradientScaleCoefficient, SaysWhyItIsUndefined) {
  const at::Tensor ones = at::ones({3, 2}, at::kDouble), zeros = at::zeros({3, 2}, at::kDouble);
  const auto reason = [&](const at::Tensor& f, const at::Tensor& output, const at::Tensor& probe) {
    FakeTaps taps;
    taps.add_linear("first", 0, f, ones);
    taps.add_output(output, probe);
    return coefficient(taps).undefined;
  };
  using ::testing::HasSubstr;
  EXPECT_THAT(reason(ones, zeros, ones), HasSubstr("what comes out is zero"));
  EXPECT_THAT(reason(ones, ones, zeros), HasSubstr("gradient is zero"));
  EXPECT_THAT(reason(NAN * ones, ones, ones), HasSubstr("not finite"));
  EXPECT_EQ(reason(zeros, ones, ones), "");
  FakeTaps no_layer, no_output;
  no_layer.add_output(ones, ones);
  no_output.add_linear("first", 0, ones, ones);
  EXPECT_THAT(coefficient(no_layer).undefined, HasSubstr("no linear layer"));
  EXPECT_THAT(coefficient(no_output).undefined, HasSubstr("no output"));
}

}  // namespace
}  // namespace shatterproof::gradient_scale_coefficient_test
