// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/coactivation.h"

#include "shatterproof/measure/activation_fraction.h"
#include "tests/measure/one_layer.h"

namespace shatterproof::coactivation_test {
namespace {

TEST(Coactivation, ByHand) {
  // Pairs of inputs on which a unit is active twice: 6, 1, 0 and 0 of 6.
  EXPECT_THAT(value(one_layer(by_hand()), coactivation_record()), IsNear((1 + 1.0 / 6) / 4, kRounding));
  EXPECT_THAT(coactivation(by_hand()).value(), IsNear((1 + 1.0 / 6) / 4, kRounding));
  EXPECT_THAT(coactivation(by_hand().narrow(0, 0, 1)).undefined, ::testing::HasSubstr("one example"));
}

TEST(Coactivation, AgreesWithLoopsOverPairsOfInputs) {
  for (const int64_t units : {1, 7, 1024, 1500}) {
    const at::Tensor z = gaussian_tensor("z", {11, units}) + 0.2;
    const auto a = z.accessor<double, 2>();
    double active = 0, pairs = 0;
    for (int64_t u = 0; u < units; ++u) {
      for (int64_t i = 0; i < 11; ++i) {
        active += a[i][u] > 0 ? 1 : 0;
        for (int64_t j = 0; j < 11; ++j) pairs += i != j && a[i][u] > 0 && a[j][u] > 0 ? 1 : 0;
      }
    }
    const FakeTaps taps = one_layer(z);
    EXPECT_THAT(value(taps, coactivation_record()),
                IsNear(pairs / (11.0 * 10 * static_cast<double>(units)), kRounding));
    EXPECT_THAT(value(taps, activation_fraction_record()),
                IsNear(active / (11.0 * static_cast<double>(units)), kRounding));
    EXPECT_EQ(value(one_layer(z.to(at::kFloat)), coactivation_record()), value(taps, coactivation_record()));
  }
}

TEST(Coactivation, OfIndependentFairUnitsIsAQuarter) {
  // Each of 20,000 units: k ~ Binomial(64, 1/2); k (k - 1) / (64 * 63) has standard deviation .063.
  const FakeTaps taps = one_layer(gaussian_tensor("z", {64, 20000}));
  EXPECT_NEAR(value(taps, coactivation_record()), 0.25, 4 * .063 / std::sqrt(20000.0));
  EXPECT_NEAR(value(taps, activation_fraction_record()), 0.5, 4 * .0625 / std::sqrt(20000.0));
}

TEST(Coactivation, OfUnitsThatNeverSwitchIsTheirActiveFraction) {
  const at::Tensor z = gaussian_tensor("z", {1, 50}).expand({8, 50});
  EXPECT_THAT(value(one_layer(z), coactivation_record()),
              IsNear(value(one_layer(z), activation_fraction_record()), kRounding));
}

}  // namespace
}  // namespace shatterproof::coactivation_test
