// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/contiguity.h"

#include <ATen/Parallel.h>

#include <bit>

#include "shatterproof/core/threads.h"
#include "tests/measure/one_layer.h"

namespace shatterproof::contiguity_test {
namespace {

struct Runs {
  double mean = 0;
  std::vector<double> per_unit;  // by floor(log2 length)
};

// Walks along the inputs of each unit.
Runs slow_runs(const at::Tensor& z) {
  const at::Tensor rows = z.to(at::kDouble).flatten(1);
  const auto a = rows.accessor<double, 2>();
  const int64_t inputs = rows.size(0), units = rows.size(1);
  Runs runs;
  runs.per_unit.resize(static_cast<size_t>(std::bit_width(static_cast<uint64_t>(inputs))));
  double count = 0;
  for (int64_t u = 0; u < units; ++u) {
    for (int64_t b = 0; b < inputs;) {
      int64_t end = b + 1;
      while (end < inputs && (a[end][u] > 0) == (a[b][u] > 0)) ++end;
      runs.per_unit[static_cast<size_t>(std::log2(static_cast<double>(end - b)))] +=
          1 / static_cast<double>(units);
      count += 1;
      b = end;
    }
  }
  runs.mean = static_cast<double>(inputs * units) / count;
  return runs;
}

TEST(Contiguity, OfTensorsByHand) {
  // One unit stays for 4 inputs, the other for 1, 2 and 1.
  const at::Tensor z = at::tensor({1.0, -1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0}).view({4, 2});
  const Reading runs = contiguity(z);
  EXPECT_EQ(runs.x, (std::vector<double>{1, 2, 4, 8}));
  EXPECT_EQ(runs.values, (std::vector<double>{1, .5, .5}));
}

FakeTaps along(const at::Tensor& z) {
  FakeTaps taps = one_layer(z);
  taps.along_path = true;
  return taps;
}

void expect_slow(const at::Tensor& z, int64_t mini_batch) {
  const Runs slow = slow_runs(z);
  const std::vector<Reading> readings = along(z).measured_by(contiguity_record(), {}, mini_batch);
  EXPECT_THAT(find_reading(readings, "contiguity_mean").values.at(0), IsNear(slow.mean, kRounding));
  const Reading& histogram = find_reading(readings, "contiguity", ReadingType::histogram, "relu_1");
  ASSERT_EQ(histogram.values.size(), slow.per_unit.size());
  ASSERT_EQ(histogram.x.size(), slow.per_unit.size() + 1);
  for (size_t c = 0; c < slow.per_unit.size(); ++c) {
    EXPECT_EQ(histogram.x[c], std::ldexp(1.0, static_cast<int>(c)));
    EXPECT_NEAR(histogram.values[c], slow.per_unit[c], kRounding * static_cast<double>(z.size(0)))
        << z.sizes() << " in mini-batches of " << mini_batch << ": lengths from " << histogram.x[c];
  }
}

TEST(Contiguity, ByHand) {
  // Units active on ++++, ++--, --+- and ---- : 1, 2, 3 and 1 runs, of lengths 4, 2 2, 2 1 1 and 4.
  const std::vector<Reading> readings = along(by_hand()).measured_by(contiguity_record());
  EXPECT_THAT(find_reading(readings, "contiguity_mean").values.at(0), IsNear(16.0 / 7, kRounding));
  const Reading& histogram = find_reading(readings, "contiguity", ReadingType::histogram);
  EXPECT_EQ(histogram.x, (std::vector<double>{1, 2, 4, 8}));
  EXPECT_EQ(histogram.values, (std::vector<double>{0.5, 0.75, 0.5}));
  EXPECT_EQ(histogram.x_name, "length");
}

TEST(Contiguity, AgreesWithAWalkAlongTheInputs) {
  // Around the 8, 32 and 64 inputs and the 1,024 units that are packed at a time.
  for (const int64_t inputs : {2, 9, 33, 63, 64, 65, 128, 200}) {
    for (const int64_t units : {1, 7, 1030}) {
      const at::Tensor white = gaussian_tensor("z", {inputs, units}), brown = white.cumsum(0);
      for (const at::Tensor& z : {white, brown, brown.to(at::kFloat)}) expect_slow(z, 0);
    }
  }
}

TEST(Contiguity, FindsRunsOfEveryLengthWhereverTheyLie) {
  // Unit u: runs of length u + 1, shifted by every amount.
  for (const int64_t shift : {0, 1, 31, 50}) {
    at::Tensor z = at::empty({300, 140}, at::kFloat);
    for (int64_t u = 0; u < 140; ++u) {
      for (int64_t b = 0; b < 300; ++b) z[b][u] = (b + shift) / (u + 1) % 2 == 0 ? 1.0F : -1.0F;
    }
    expect_slow(z, 0);
  }
}

TEST(Contiguity, CarriesRunsFromOneMiniBatchToTheNext) {
  const at::Tensor z = gaussian_tensor("z", {150, 20}).cumsum(0);
  for (const int64_t mini_batch : {1, 7, 64, 100}) expect_slow(z, mini_batch);
}

TEST(Contiguity, IsTheSameOnSeveralThreads) {
  // More rows than are packed at a time, more units than one thread counts.
  const at::Tensor z = gaussian_tensor("z", {1500, 700});
  const int before = at::get_num_threads();
  use_threads(3);
  expect_slow(z, 0);
  expect_slow(z, 1100);
  use_threads(before);
}

TEST(Contiguity, OfCoinsIsNearlyTwoAndOfConstantUnitsTheNumberOfInputs) {
  // 1 + Binomial(B - 1, 1/2) runs per unit: (B + 1)/2 with standard deviation sqrt(B - 1)/2.
  const double inputs = 255, units = 4000;
  const double mean = find_reading(along(gaussian_tensor("z", {255, 4000})).measured_by(contiguity_record()),
                                   "contiguity_mean")
                          .values.at(0);
  EXPECT_NEAR(inputs / mean, (inputs + 1) / 2, 4 * std::sqrt((inputs - 1) / units) / 2);
  const at::Tensor constant = gaussian_tensor("z", {1, 50}).expand({99, 50});
  EXPECT_EQ(find_reading(along(constant).measured_by(contiguity_record()), "contiguity_mean").values.at(0),
            99);
}

TEST(Contiguity, OfSeveralNetworksPoolsTheirRuns) {
  const at::Tensor first = gaussian_tensor("z", {40, 30}, 1),
                   second = gaussian_tensor("z", {40, 30}, 2).cumsum(0);
  const auto histogram = [](const at::Tensor& z) {
    return find_reading(along(z).measured_by(contiguity_record()), "contiguity", ReadingType::histogram);
  };
  const Reading mean = mean_over_seeds({histogram(first), histogram(second)});
  const Reading both = histogram(at::cat({first, second}, 1));
  double runs = 0;
  for (size_t c = 0; c < both.values.size(); ++c) {
    EXPECT_NEAR(mean.values[c], both.values[c], 40 * kRounding);
    runs += both.values[c];
  }
  EXPECT_THAT(40 / runs, IsNear(slow_runs(at::cat({first, second}, 1)).mean, kRounding));
}

TEST(Contiguity, TakesAChannelAtAPositionForAUnitAndACreluOnce) {
  const at::Tensor z = gaussian_tensor("z", {20, 3, 4, 5});
  FakeTaps image = along(z);
  image.places[0].tap.channels = true;
  image.add_rectifier("negative", 1, -z, at::zeros_like(z));
  image.places.back().tap.negated_half = true;
  const std::vector<Reading> readings = image.measured_by(contiguity_record());
  ASSERT_EQ(readings.size(), 2U);
  EXPECT_THAT(readings[0].values.at(0), IsNear(slow_runs(z).mean, kRounding));
}

TEST(Contiguity, SaysWhyItIsUndefined) {
  at::Tensor broken = gaussian_tensor("z", {70, 5});
  broken[66][1] = INFINITY;
  FakeTaps linear;
  linear.along_path = true;
  linear.add_input(at::ones({3, 2}), at::ones({3, 2}));
  const auto expect_reason = [](const FakeTaps& taps, const char* reason) {
    const std::vector<Reading> readings = taps.measured_by(contiguity_record());
    EXPECT_EQ(readings.size(), 2U);
    for (const Reading& reading : readings) EXPECT_THAT(reading.undefined, ::testing::HasSubstr(reason));
  };
  expect_reason(along(broken), "not finite");
  expect_reason(along(broken.to(at::kFloat)), "not finite");
  expect_reason(linear, "no nonlinearity");
  expect_reason(along(at::ones({1, 4})), "one example");
  expect_reason(one_layer(by_hand()), "not ordered");
}

TEST(Contiguity, RefusesMiniBatchesOfDifferentWidth) {
  const std::unique_ptr<Measurement> measurement = contiguity_record().make({});
  along(at::ones({3, 4})).show(*measurement);
  EXPECT_THROW(along(at::ones({3, 5})).show(*measurement), std::invalid_argument);
}

}  // namespace
}  // namespace shatterproof::contiguity_test
