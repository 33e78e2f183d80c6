// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/pseudo_linearity.h"

#include "tests/measure/one_layer.h"

namespace shatterproof::pseudo_linearity_test {
namespace {

double pseudo_linearity(const at::Tensor& z, const at::Tensor& output, int64_t mini_batch = 0) {
  FakeTaps taps = one_layer(z);
  taps.places[0].output = output;
  return taps.measured_by(pseudo_linearity_record(), {}, mini_batch)[0].values.at(0);
}

TEST(PseudoLinearity, ByHand) {
  // z = -1 0 1, rho = 0 0 1: covariance 1/3, variances 2/3 and 2/9, R^2 = (1/9) / (4/27) = 3/4.
  const at::Tensor z = at::tensor({-1.0, 0.0, 1.0}).view({3, 1});
  EXPECT_THAT(pseudo_linearity(z, z.clamp_min(0)), IsNear(0.25, kRounding));
  EXPECT_THAT(shatterproof::pseudo_linearity(z, z.clamp_min(0)).value(), IsNear(0.25, kRounding));
}

TEST(PseudoLinearity, OfGaussiansIsThatOfTheNonlinearity) {
  // 20 units of 200,000 inputs: the integrals over N(0, 1), to their three digits.
  const at::Tensor z = gaussian_tensor("z", {200000, 20});
  constexpr double kDigits = 6e-4;
  EXPECT_NEAR(pseudo_linearity(z, z.clamp_min(0)), (M_PI - 2) / (2 * M_PI - 2), kDigits);
  EXPECT_NEAR(pseudo_linearity(z, z.clamp_min(0)), 0.266, kDigits);
  EXPECT_NEAR(pseudo_linearity(z, z.tanh()), 0.070, kDigits);
  EXPECT_NEAR(pseudo_linearity(z, at::selu(z)), 0.029, kDigits);
}

TEST(PseudoLinearity, AgreesWithLoopsFarFromZero) {
  const at::Tensor z = 3 * gaussian_tensor("z", {13, 40}) + 1e4;
  const at::Tensor output = (z - 1e4).tanh() + 5;
  const auto x = z.accessor<double, 2>(), y = output.accessor<double, 2>();
  double sum = 0;
  for (int64_t u = 0; u < 40; ++u) {
    double mx = 0, my = 0, xx = 0, xy = 0, yy = 0;
    for (int64_t i = 0; i < 13; ++i) mx += x[i][u] / 13, my += y[i][u] / 13;
    for (int64_t i = 0; i < 13; ++i) {
      xx += (x[i][u] - mx) * (x[i][u] - mx);
      xy += (x[i][u] - mx) * (y[i][u] - my);
      yy += (y[i][u] - my) * (y[i][u] - my);
    }
    sum += 1 - xy * xy / (xx * yy);
  }
  constexpr double kCancellation = 1e-9;
  EXPECT_THAT(pseudo_linearity(z, output), IsNear(sum / 40, kCancellation));
  EXPECT_THAT(pseudo_linearity(z, output, 4), IsNear(sum / 40, kCancellation));
}

TEST(PseudoLinearity, IsZeroWhereTheNonlinearityIsStraightOrDead) {
  const at::Tensor z = gaussian_tensor("z", {50, 6}).abs() + 0.1;
  EXPECT_LT(pseudo_linearity(z, z.clamp_min(0)), kRounding) << "always active";
  EXPECT_EQ(pseudo_linearity(-z, (-z).clamp_min(0)), 0) << "never active";
  const at::Tensor small = 1e-3 * gaussian_tensor("z", {500, 6});
  EXPECT_LT(pseudo_linearity(small, small.tanh()), 1e-9) << "tanh z = z - z^3 / 3";
}

TEST(PseudoLinearity, SaysWhyItIsUndefined) {
  const auto reading = [](const at::Tensor& z) {
    return one_layer(z).measured_by(pseudo_linearity_record())[0];
  };
  EXPECT_THAT(reading(at::ones({2, 3})).undefined, ::testing::HasSubstr("a line goes through"));
  EXPECT_THAT(reading(at::full({5, 3}, NAN)).undefined, ::testing::HasSubstr("not finite"));
  EXPECT_THAT(reading(at::full({5, 3}, INFINITY)).undefined, ::testing::HasSubstr("not finite"));
}

}  // namespace
}  // namespace shatterproof::pseudo_linearity_test
