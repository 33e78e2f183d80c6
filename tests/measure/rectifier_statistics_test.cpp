// SPDX-License-Identifier: Apache-2.0
// What activation_fraction, coactivation and bimodality share.
#include "shatterproof/measure/activation_fraction.h"
#include "shatterproof/measure/bimodality.h"
#include "shatterproof/measure/coactivation.h"
#include "tests/measure/one_layer.h"

namespace shatterproof::rectifier_statistics_test {
namespace {

TEST(RectifierStatistics, TakeAChannelAtAPositionForAUnit) {
  const at::Tensor z = gaussian_tensor("z", {6, 3, 4, 5});
  FakeTaps image = one_layer(z);
  image.places[0].tap.channels = true;
  const FakeTaps flat = one_layer(z.reshape({6, 60}));
  for (const MeasurementRecord& record :
       {activation_fraction_record(), coactivation_record(), bimodality_record()}) {
    EXPECT_EQ(value(image, record), value(flat, record)) << record.name;
  }
}

TEST(RectifierStatistics, CountACreluOnce) {
  const at::Tensor z = gaussian_tensor("z", {6, 9}) + 1;
  FakeTaps taps = one_layer(z);
  taps.add_rectifier("negative", 1, -z, at::zeros_like(z));
  taps.places.back().tap.negated_half = true;
  const std::vector<Reading> readings = taps.measured_by(activation_fraction_record());
  EXPECT_EQ(find_reading(readings, "activation_fraction").values.size(), 1U);
  EXPECT_EQ(value(taps, activation_fraction_record()), value(one_layer(z), activation_fraction_record()));
}

TEST(RectifierStatistics, AreUndefinedWithTheReason) {
  FakeTaps linear;
  linear.add_input(at::ones({3, 2}), at::ones({3, 2}));
  at::Tensor broken = gaussian_tensor("z", {4, 5});
  broken[2][1] = -INFINITY;
  for (const MeasurementRecord& record :
       {activation_fraction_record(), coactivation_record(), bimodality_record()}) {
    EXPECT_THAT(linear.measured_by(record)[0].undefined, ::testing::HasSubstr("no nonlinearity"))
        << record.name;
    EXPECT_THAT(one_layer(broken).measured_by(record)[0].undefined, ::testing::HasSubstr("not finite"))
        << record.name;
  }
  EXPECT_FALSE(one_layer(at::ones({1, 4})).measured_by(coactivation_record())[0].is_defined());
  EXPECT_FALSE(one_layer(at::ones({1, 4})).measured_by(bimodality_record())[0].is_defined());
  EXPECT_EQ(value(one_layer(at::ones({1, 4})), activation_fraction_record()), 1);
}

TEST(RectifierStatistics, RefuseMiniBatchesOfDifferentWidth) {
  const std::unique_ptr<Measurement> measurement = coactivation_record().make({});
  one_layer(at::ones({3, 4})).show(*measurement);
  EXPECT_THROW(one_layer(at::ones({3, 5})).show(*measurement), std::invalid_argument);
}

}  // namespace
}  // namespace shatterproof::rectifier_statistics_test
