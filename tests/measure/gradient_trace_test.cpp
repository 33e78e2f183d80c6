// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/gradient_trace.h"

#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::gradient_trace_test {
namespace {

Reading trace(const at::Tensor& inputs, const at::Tensor& gradients, int64_t mini_batch = 0) {
  FakeTaps taps;
  taps.along_path = true;
  taps.add_input(inputs, gradients);
  return taps.measured_by(gradient_trace_record(), {}, mini_batch)[0];
}

TEST(GradientTrace, OfNumbersIsTheGradientOverTheInput) {
  const Reading reading =
      trace(at::tensor({-1.0, 0.0, 2.0}).view({3, 1}), at::tensor({5.0, 6.0, 7.0}).view({3, 1}));
  EXPECT_EQ(reading.x_name, "input");
  EXPECT_EQ(reading.x, (std::vector<double>{-1, 0, 2}));
  EXPECT_EQ(reading.values, (std::vector<double>{5, 6, 7}));
  EXPECT_EQ(reading.tap, "input");
}

TEST(GradientTrace, OfTensorsIsThatOfTheirRun) {
  const at::Tensor inputs = at::tensor({-1.0, 0.0, 2.0}), gradients = at::tensor({5.0, 6.0, 7.0});
  EXPECT_EQ(gradient_trace(inputs, gradients).values, (std::vector<double>{5, 6, 7}));
  EXPECT_EQ(gradient_trace(inputs, gradients).x, (std::vector<double>{-1, 0, 2}));
  EXPECT_THAT(gradient_trace(inputs.narrow(0, 0, 1), gradients.narrow(0, 0, 1)).undefined,
              ::testing::HasSubstr("one example"));
  EXPECT_THROW(gradient_trace(inputs, at::ones({3, 2})), std::invalid_argument);
}

TEST(GradientTrace, OfVectorsIsTheDerivativePerUnitOfDistance) {
  // Along (3, 4) / 5: the second step is twice as long, and the last point keeps its direction.
  const at::Tensor inputs = at::tensor({0.0, 0.0, 3.0, 4.0, 9.0, 12.0}).view({3, 2});
  const at::Tensor gradients = at::tensor({5.0, 0.0, 0.0, 5.0, 1.0, 1.0}).view({3, 2});
  const Reading reading = trace(inputs, gradients);
  EXPECT_EQ(reading.x_name, "position");
  EXPECT_THAT(reading.x[1], IsNear(1.0 / 3, 1e-15));
  EXPECT_EQ(reading.x[2], 1);
  EXPECT_THAT(reading.values[0], IsNear(3, 1e-15));
  EXPECT_THAT(reading.values[1], IsNear(4, 1e-15));
  EXPECT_THAT(reading.values[2], IsNear(1.4, 1e-15));
}

TEST(GradientTrace, OfALinearFunctionIsItsSlopeEverywhere) {
  const at::Tensor slope = gaussian_tensor("slope", {4}), direction = gaussian_tensor("direction", {4});
  const at::Tensor inputs = at::linspace(0, 1, 11, at::kDouble).unsqueeze(1) * direction;
  const Reading reading = trace(inputs, slope.expand({11, 4}));
  const double expected = (slope.dot(direction) / direction.norm()).item<double>();
  for (const double value : reading.values) EXPECT_THAT(value, IsNear(expected, 1e-12));
}

TEST(GradientTrace, StandsStillInTheDirectionItHad) {
  const at::Tensor inputs = at::tensor({0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 2.0, 0.0}).view({4, 2});
  const Reading reading = trace(inputs, at::tensor({1.0, 9.0, 2.0, 9.0, 3.0, 9.0, 4.0, 9.0}).view({4, 2}));
  EXPECT_EQ(reading.values, (std::vector<double>{1, 2, 3, 4}));
  EXPECT_EQ(trace(at::ones({3, 2}), at::ones({3, 2})).undefined, "inputs do not move along the path");
}

TEST(GradientTrace, IsTheSameInMiniBatches) {
  const at::Tensor inputs = gaussian_tensor("x", {9, 3}).cumsum(0), gradients = gaussian_tensor("g", {9, 3});
  EXPECT_EQ(trace(inputs, gradients, 2).values, trace(inputs, gradients).values);
}

TEST(GradientTrace, SaysWhyItIsUndefined) {
  FakeTaps taps = gaussian_taps(5);
  EXPECT_EQ(taps.measured_by(gradient_trace_record())[0].undefined,
            "inputs are not ordered along a grid or path");
  EXPECT_FALSE(trace(at::ones({1, 1}), at::ones({1, 1})).is_defined());
  EXPECT_THAT(trace(at::ones({2, 1}), at::full({2, 1}, NAN)).undefined, ::testing::HasSubstr("not finite"));
}

}  // namespace
}  // namespace shatterproof::gradient_trace_test
