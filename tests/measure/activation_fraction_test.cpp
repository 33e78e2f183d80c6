// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/activation_fraction.h"

#include "tests/measure/one_layer.h"

namespace shatterproof::activation_fraction_test {
namespace {

TEST(ActivationFraction, ByHand) {
  EXPECT_THAT(value(one_layer(by_hand()), activation_fraction_record()),
              IsNear((1 + 0.5 + 0.25 + 0) / 4, kRounding));
  EXPECT_THAT(activation_fraction(by_hand()).value(), IsNear((1 + 0.5 + 0.25 + 0) / 4, kRounding));
}

TEST(ActivationFraction, HistogramCountsUnitsInClosedOpenBins) {
  const std::vector<Reading> readings = one_layer(by_hand()).measured_by(activation_fraction_record());
  const Reading& histogram = find_reading(readings, "activation_fraction", ReadingType::histogram, "relu_1");
  EXPECT_EQ(histogram.depth, 1);
  ASSERT_EQ(histogram.values.size(), 20U);
  ASSERT_EQ(histogram.x.size(), 21U);
  for (size_t bin = 0; bin < 20; ++bin) {
    const bool filled = bin == 0 || bin == 5 || bin == 10 || bin == 19;
    EXPECT_EQ(histogram.values[bin], filled ? 0.25 : 0) << bin;
  }
}

}  // namespace
}  // namespace shatterproof::activation_fraction_test
