// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/preactivation_std.h"

#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::preactivation_std_test {
namespace {

constexpr double kRounding = 1e-12;

Reading preactivation_std(const at::Tensor& z, int64_t mini_batch = 0) {
  FakeTaps taps;
  taps.add_rectifier("relu_1", 1, z, at::zeros_like(z));
  return taps.measured_by(preactivation_std_record(), {}, mini_batch)[0];
}

TEST(PreactivationStd, ByHand) {
  // Unit 1: 1 3, deviation 1; unit 2: 5 5, deviation 0.
  EXPECT_THAT(preactivation_std(at::tensor({1.0, 5.0, 3.0, 5.0}).view({2, 2})).values[0],
              IsNear(0.5, kRounding));
  EXPECT_THAT(shatterproof::preactivation_std(at::tensor({1.0, 5.0, 3.0, 5.0}).view({2, 2})).value(),
              IsNear(0.5, kRounding));
}

TEST(PreactivationStd, AgreesWithLoops) {
  const at::Tensor z = 3 * gaussian_tensor("z", {13, 1100}) + 10;
  const auto a = z.accessor<double, 2>();
  double sum = 0;
  for (int64_t u = 0; u < 1100; ++u) {
    double mean = 0, square = 0;
    for (int64_t i = 0; i < 13; ++i) mean += a[i][u] / 13;
    for (int64_t i = 0; i < 13; ++i) square += (a[i][u] - mean) * (a[i][u] - mean) / 13;
    sum += std::sqrt(square);
  }
  EXPECT_THAT(preactivation_std(z).values[0], IsNear(sum / 1100, kRounding));
  EXPECT_THAT(preactivation_std(z, 4).values[0], IsNear(sum / 1100, kRounding));
}

TEST(PreactivationStd, AfterBatchNormalizationIsOne) {
  const at::Tensor z = gaussian_tensor("z", {40, 6}) * 5 + 2;
  EXPECT_THAT(preactivation_std((z - z.mean(0, true)) / z.std(0, false, true)).values[0],
              IsNear(1, kRounding));
}

TEST(PreactivationStd, SeesASmallVariationOfALargeMean) {
  const at::Tensor z = 1e6 + at::arange(4, at::kDouble).remainder(2).view({4, 1});
  EXPECT_THAT(preactivation_std(z).values[0], IsNear(0.5, kRounding));
}

TEST(PreactivationStd, OfConstantUnitsIsExactlyZero) {
  EXPECT_EQ(preactivation_std(at::full({9, 3}, 0.1, at::kFloat)).values[0], 0);
  EXPECT_FALSE(preactivation_std(at::ones({1, 3})).is_defined());
  EXPECT_THAT(preactivation_std(at::full({9, 3}, NAN)).undefined, ::testing::HasSubstr("not finite"));
}

}  // namespace
}  // namespace shatterproof::preactivation_std_test
