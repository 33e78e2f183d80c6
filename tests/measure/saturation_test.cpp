// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/saturation.h"

#include <cmath>

#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::saturation_test {
namespace {

constexpr double kRounding = 1e-12;

Reading saturation(const std::string& op, const at::Tensor& outputs, int64_t mini_batch = 0) {
  FakeTaps taps;
  taps.add_rectifier("unit", 1, at::zeros_like(outputs), at::zeros_like(outputs));
  taps.places.back().tap.op = op;
  taps.places.back().output = outputs;
  return taps.measured_by(saturation_record(), {}, mini_batch)[0];
}

TEST(Saturation, ByHand) {
  const at::Tensor y = at::tensor({.98, -.98, .96, 0.0}).view({2, 2});
  EXPECT_THAT(saturation("Tanh", y).values[0], IsNear(.5, kRounding));
  // (.984 - .5) / .5 = .968 is below the bound, .986 above it.
  EXPECT_THAT(saturation("Sigmoid", at::tensor({.984, .986, .5, .01}).view({4, 1})).values[0],
              IsNear(.5, kRounding));
  EXPECT_THAT(shatterproof::saturation(y, -1, 1).value(), IsNear(.5, kRounding));
}

TEST(Saturation, AgreesWithLoopsAndWithTheTailOfAGaussian) {
  constexpr double kThreeStandardErrors = .0012;  // sqrt(.036 * .964 / 300,000) times 3
  const at::Tensor z = gaussian_tensor("z", {300, 1000});
  const at::Tensor y = z.tanh();
  int64_t count = 0;
  const auto a = y.accessor<double, 2>();
  for (int64_t i = 0; i < 300; ++i) {
    for (int64_t u = 0; u < 1000; ++u) count += std::abs(a[i][u]) > .97;
  }
  const double share = saturation("Tanh", y, 7).values[0];
  EXPECT_THAT(share, IsNear(static_cast<double>(count) / 300'000, kRounding));
  EXPECT_THAT(share, testing::DoubleNear(std::erfc(std::atanh(.97) / std::sqrt(2.)), kThreeStandardErrors));
  EXPECT_EQ(saturated_share(y, -1, 1), share);
}

TEST(Saturation, IsUndefinedWithoutBoundsAndForWhatIsNotFinite) {
  EXPECT_THAT(saturation("Relu", at::ones({3, 2})).undefined, testing::HasSubstr("no bounded nonlinearity"));
  EXPECT_THAT(saturation("Tanh", at::full({3, 2}, NAN)).undefined, testing::HasSubstr("not finite"));
}

}  // namespace
}  // namespace shatterproof::saturation_test
