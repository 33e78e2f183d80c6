// SPDX-License-Identifier: Apache-2.0
// activation_fraction, coactivation and bimodality: what they share, and each by hand.
#include "shatterproof/measure/activation_fraction.h"
#include "shatterproof/measure/bimodality.h"
#include "shatterproof/measure/coactivation.h"
#include "tests/matchers.h"
#include "tests/measure/fake_taps.h"

namespace shatterproof {
namespace {

constexpr double kRounding = 1e-12;

FakeTaps one_layer(const at::Tensor& z) {
  FakeTaps taps;
  taps.add_rectifier("relu_1", 1, z, at::zeros_like(z));
  return taps;
}

double value(const FakeTaps& taps, const MeasurementRecord& record, const std::string& name = "") {
  return find_reading(taps.measured_by(record), name.empty() ? record.name : name).values.at(0);
}

// Units active on 4, 2, 1 and 0 of 4 inputs; 0 itself is not active.
const at::Tensor kByHand =
    at::tensor({1, 1, -1, 0, 1, 1, -1, 0, 1, -1, 1, 0, 1, -1, -1, -2}).to(at::kFloat).view({4, 4});

TEST(ActivationFraction, ByHand) {
  EXPECT_THAT(value(one_layer(kByHand), activation_fraction_record()),
              IsNear((1 + 0.5 + 0.25 + 0) / 4, kRounding));
}

TEST(ActivationFraction, HistogramCountsUnitsInClosedOpenBins) {
  const std::vector<Reading> readings = one_layer(kByHand).measured_by(activation_fraction_record());
  const Reading& histogram = find_reading(readings, "activation_fraction", ReadingType::histogram, "relu_1");
  EXPECT_EQ(histogram.layer, 1);
  ASSERT_EQ(histogram.values.size(), 20U);
  ASSERT_EQ(histogram.x.size(), 21U);
  for (size_t bin = 0; bin < 20; ++bin) {
    const bool filled = bin == 0 || bin == 5 || bin == 10 || bin == 19;
    EXPECT_EQ(histogram.values[bin], filled ? 0.25 : 0) << bin;
  }
}

TEST(Coactivation, ByHand) {
  // Pairs of inputs on which a unit is active twice: 6, 1, 0 and 0 of 6.
  EXPECT_THAT(value(one_layer(kByHand), coactivation_record()), IsNear((1 + 1.0 / 6) / 4, kRounding));
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

TEST(Bimodality, ByHand) {
  const FakeTaps taps = one_layer(kByHand);
  const MeasurementRecord record = bimodality_record();
  EXPECT_EQ(value(taps, record), 0.5);
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
  taps.places.back().tap.mirrored = true;
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
}  // namespace shatterproof
