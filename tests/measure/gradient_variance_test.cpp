// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/gradient_variance.h"

#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::gradient_variance_test {
namespace {

TEST(GradientVariance, IsMeanSquareRelativeToTheLastState) {
  FakeTaps taps;
  taps.add_input(at::ones({2, 1}), at::tensor({3.0, 4.0}).view({2, 1}));     // (9 + 16) / 2 / 1 = 12.5
  taps.add_rectifier("relu_1", 1, at::ones({2, 2}), at::full({2, 2}, 2.0));  // (8 + 8) / 2 / 2 = 4
  taps.add_rectifier("relu_2", 2, at::ones({2, 4}), at::full({2, 4}, 0.5));  // (1 + 1) / 2 / 4 = .25
  const std::vector<Reading> readings = taps.measured_by(gradient_variance_record());
  EXPECT_EQ(find_reading(readings, "gradient_variance").values, (std::vector<double>{50, 16, 1}));
  EXPECT_EQ(find_reading(readings, "gradient_mean_square").values, (std::vector<double>{12.5, 4, 0.25}));
  EXPECT_EQ(find_reading(readings, "gradient_variance").x, (std::vector<double>{0, 1, 2}));
}

TEST(GradientVariance, OfTensorsByHand) {
  const at::Tensor first = at::full({2, 2}, 2.0), last = at::full({2, 4}, 0.5);
  EXPECT_EQ(gradient_variance(first, last).value(), 16);
  EXPECT_EQ(gradient_variance(last, last).value(), 1);
  EXPECT_THAT(gradient_variance(first, 0 * last).undefined, ::testing::HasSubstr("zero at the last"));
}

TEST(GradientVariance, AgreesWithLoopsOnManyColumns) {
  for (const int64_t columns : {5, 1024, 3000}) {
    FakeTaps taps;
    const at::Tensor first = gaussian_tensor("a", {6, columns}), last = gaussian_tensor("b", {6, 3});
    taps.add_input(at::ones({6, columns}), first);
    taps.add_rectifier("relu_1", 1, at::ones({6, 3}), last);
    double squares = 0, last_squares = 0;
    for (int64_t i = 0; i < first.numel(); ++i) squares += std::pow(first.view(-1)[i].item<double>(), 2);
    for (int64_t i = 0; i < last.numel(); ++i) last_squares += std::pow(last.view(-1)[i].item<double>(), 2);
    const double expected = squares / static_cast<double>(columns) / (last_squares / 3);
    const std::vector<Reading> readings = taps.measured_by(gradient_variance_record());
    EXPECT_THAT(find_reading(readings, "gradient_variance").values[0], IsNear(expected, 1e-12)) << columns;
  }
}

TEST(GradientVariance, TellsADeadLayerFromADeadNetwork) {
  FakeTaps taps = gaussian_taps(4);
  taps.places[1].gradient.zero_();
  std::vector<Reading> readings = taps.measured_by(gradient_variance_record());
  EXPECT_EQ(find_reading(readings, "gradient_variance").values[1], 0);
  taps.places[3].gradient.zero_();
  readings = taps.measured_by(gradient_variance_record());
  EXPECT_EQ(find_reading(readings, "gradient_variance").undefined,
            "gradient is zero at the last hidden state");
  EXPECT_GT(find_reading(readings, "gradient_mean_square").values[2], 0);
}

TEST(GradientVariance, KeepsFiniteNumbersBesideOthers) {
  FakeTaps taps = gaussian_taps(4);
  taps.places[1].gradient.fill_(NAN);
  const Reading curve = find_reading(taps.measured_by(gradient_variance_record()), "gradient_variance");
  EXPECT_TRUE(std::isnan(curve.values[1]));
  EXPECT_EQ(curve.values[3], 1);
}

TEST(GradientVariance, HoldsGradientsFarFromOne) {
  // Squares of 1e-30 are below the smallest single-precision number, those of 1e30 above the largest.
  for (const double size : {1e-30, 1e30}) {
    FakeTaps taps;
    taps.add_input(at::ones({3, 2}), at::full({3, 2}, size, at::kFloat));
    taps.add_rectifier("relu_1", 1, at::ones({3, 2}), at::full({3, 2}, 2 * size, at::kFloat));
    EXPECT_THAT(find_reading(taps.measured_by(gradient_variance_record()), "gradient_variance").values[0],
                IsNear(0.25, 1e-6));
  }
}

TEST(GradientVariance, ComparesANamedTapWithTheLastState) {
  MeasurementOptions options;
  options.tap = "relu_1";
  const FakeTaps taps = gaussian_taps(4);
  const Reading one =
      find_reading(taps.measured_by(gradient_variance_record(), options), "gradient_variance");
  const Reading all = find_reading(taps.measured_by(gradient_variance_record()), "gradient_variance");
  EXPECT_EQ(one.values, std::vector<double>{all.values[1]});
}

TEST(GradientVariance, NeedsAHiddenLayer) {
  FakeTaps taps;
  taps.add_input(at::ones({3, 2}), at::ones({3, 2}));
  const std::vector<Reading> readings = taps.measured_by(gradient_variance_record());
  EXPECT_EQ(find_reading(readings, "gradient_variance").undefined, "no layer has a state to compare with");
}

}  // namespace
}  // namespace shatterproof::gradient_variance_test
