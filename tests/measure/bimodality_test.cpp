// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/bimodality.h"

#include "tests/measure/one_layer.h"

namespace shatterproof::bimodality_test {
namespace {

TEST(Bimodality, ByHand) {
  const FakeTaps taps = one_layer(by_hand());
  const MeasurementRecord record = bimodality_record();
  EXPECT_EQ(value(taps, record), 0.5);
  EXPECT_EQ(bimodality(by_hand()).value(), 0.5);
  EXPECT_EQ(value(taps, record, "bimodality_always"), 0.25);
  EXPECT_EQ(value(taps, record, "bimodality_never"), 0.25);
  EXPECT_EQ(value(taps, record, "bimodality_balanced"), 0.25);
}

TEST(Bimodality, CountsBothEndsOfFortyToSixtyPercent) {
  // Of 5 inputs: units active on 0, 1, 2, 3, 4, 5 of them.
  at::Tensor z = -at::ones({5, 6});
  for (int64_t unit = 0; unit < 6; ++unit) z.select(1, unit).narrow(0, 0, unit).fill_(1);
  EXPECT_THAT(value(one_layer(z), bimodality_record(), "bimodality_balanced"), IsNear(2.0 / 6, kRounding));
}

}  // namespace
}  // namespace shatterproof::bimodality_test
