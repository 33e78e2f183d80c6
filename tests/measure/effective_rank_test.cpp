// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/effective_rank.h"

#include "shatterproof/measure/relative_effective_rank.h"
#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::effective_rank_test {
namespace {

constexpr double kRounding = 1e-12;

// tr(A^T A) / ||A||_2^2 with the largest singular value from power iteration: v <- A^T A v, in loops.
double slow_effective_rank(const at::Tensor& gradients) {
  const at::Tensor g = gradients.to(at::kDouble);
  const auto a = g.accessor<double, 2>();
  const auto examples = static_cast<size_t>(g.size(0)), numbers = static_cast<size_t>(g.size(1));
  std::vector<std::vector<double>> rows(examples, std::vector<double>(numbers));
  double trace = 0;
  for (size_t d = 0; d < numbers; ++d) {
    double mean = 0;
    for (size_t i = 0; i < examples; ++i) mean += a[i][d] / static_cast<double>(examples);
    for (size_t i = 0; i < examples; ++i) {
      rows[i][d] = a[i][d] - mean;
      trace += rows[i][d] * rows[i][d];
    }
  }
  std::vector<double> v(numbers);
  for (size_t d = 0; d < numbers; ++d) v[d] = 1 + static_cast<double>(d % 7);
  double largest = 0;
  for (int step = 0; step < 4000; ++step) {
    std::vector<double> next(numbers);
    for (size_t i = 0; i < examples; ++i) {
      double product = 0;
      for (size_t d = 0; d < numbers; ++d) product += rows[i][d] * v[d];
      for (size_t d = 0; d < numbers; ++d) next[d] += product * rows[i][d];
    }
    double length = 0;
    for (const double value : next) length += value * value;
    largest = std::sqrt(length);
    for (size_t d = 0; d < numbers; ++d) v[d] = next[d] / largest;
  }
  return trace / largest;
}

TEST(EffectiveRank, OfIdentityIsItsSize) {
  // Rows e_i and -e_i: their mean is zero, so that centring leaves them as they are.
  const at::Tensor both = at::cat({at::eye(6, at::kDouble), -at::eye(6, at::kDouble)});
  EXPECT_THAT(effective_rank(both).value(), IsNear(6.0, kRounding));
  const at::Tensor wide = at::cat({both, at::zeros({12, 20}, at::kDouble)}, 1);
  EXPECT_THAT(effective_rank(wide).value(), IsNear(6.0, kRounding)) << "through the other Gram matrix";
}

TEST(EffectiveRank, LosesOneDirectionToTheMean) {
  // B orthonormal gradients less their mean span B - 1 directions, equally.
  EXPECT_THAT(effective_rank(at::eye(6, at::kDouble)).value(), IsNear(5.0, kRounding));
}

TEST(EffectiveRank, OfDifferencesAlongOneLineIsOne) {
  const at::Tensor direction = gaussian_tensor("d", {1, 9}), along = gaussian_tensor("a", {7, 1});
  EXPECT_THAT(effective_rank(3 + along * direction).value(), IsNear(1.0, kRounding));
  EXPECT_THAT(effective_rank(gaussian_tensor("g", {2, 9})).value(), IsNear(1.0, kRounding));
}

TEST(EffectiveRank, OfTwoDirectionsByHand) {
  // Differences (+-2, 0) and (0, +-1): squares 8 and 2, so (8 + 2) / 8.
  const at::Tensor gradients = at::tensor({2.0, 0.0, -2.0, 0.0, 0.0, 1.0, 0.0, -1.0}).view({4, 2});
  EXPECT_THAT(effective_rank(gradients + 7).value(), IsNear(1.25, kRounding));
}

TEST(EffectiveRank, AgreesWithPowerIterationOnEitherSideOfSquare) {
  for (const auto& [examples, numbers] : std::vector<std::pair<int64_t, int64_t>>{{9, 9}, {5, 40}, {40, 5}}) {
    at::Tensor gradients = gaussian_tensor("g", {examples, numbers}) + 2;
    gradients.select(1, 0) *= 3;  // parts the largest singular value from the next
    EXPECT_THAT(effective_rank(gradients).value(), IsNear(slow_effective_rank(gradients), 1e-9)) << examples;
  }
}

TEST(EffectiveRank, OfWhiteNoiseFollowsTheEdgeOfItsSpectrum) {
  // B D / (sqrt B + sqrt D)^2 for large sizes. The largest of finitely many eigenvalues lies below the edge
  // by about 1.2 (sqrt B + sqrt D) (1/sqrt B + 1/sqrt D)^(1/3), the mean of Tracy and Widom's law: 1 % here.
  // A draw scatters by as much.
  const double expected = 900.0 * 400 / std::pow(30 + 20, 2);
  const double edge = std::pow(30 + 20, 2), mean = 1.2065 * 50 * std::cbrt(1.0 / 30 + 1.0 / 20);
  double sum = 0;
  for (uint64_t seed = 1; seed <= 4; ++seed)
    sum += effective_rank(gaussian_tensor("w", {900, 400}, seed)).value();
  EXPECT_THAT(sum / 4, IsNear(expected / (1 - mean / edge), 0.015));
}

TEST(EffectiveRank, SaysWhyItIsUndefined) {
  for (const auto function : {&effective_rank, &relative_effective_rank}) {
    EXPECT_EQ(function(at::ones({5, 3})).undefined, "gradient is the same for every example");
    EXPECT_EQ(function(at::ones({1, 3})).undefined, "one example: at least two are needed");
    EXPECT_EQ(function(at::zeros({5, 3})).undefined, "gradient is zero");
    EXPECT_THAT(function(at::full({5, 3}, INFINITY)).undefined, ::testing::HasSubstr("not finite"));
    EXPECT_THAT(function(at::ones({}).expand({4097, 4097})).undefined,
                ::testing::HasSubstr("more than 4096"));
  }
}

TEST(EffectiveRank, ReadsANamedTapWhereAllExamplesRunAtOnce) {
  const FakeTaps taps = gaussian_taps(12);
  MeasurementOptions options;
  options.tap = "relu_2";
  const Reading reading = taps.measured_by(effective_rank_record(), options).at(0);
  EXPECT_EQ(reading.tap, "relu_2");
  EXPECT_EQ(reading.depth, 2);
  EXPECT_THAT(reading.value(), IsNear(slow_effective_rank(taps.places[2].gradient), 1e-9));
  const Reading split = taps.measured_by(effective_rank_record(), options, 5).at(0);
  EXPECT_THAT(split.undefined, ::testing::HasSubstr("mini-batches"));
  EXPECT_EQ(split.tap, "relu_2");
}

TEST(EffectiveRank, PutsMiniBatchesAndInputsTogether) {
  const at::Tensor gradients = gaussian_tensor("g", {8, 6});
  FakeTaps taps;
  taps.add_input(gradients.narrow(1, 0, 2), gradients.narrow(1, 0, 2));
  taps.add_input(gradients.narrow(1, 2, 4), gradients.narrow(1, 2, 4));
  const Reading reading = taps.measured_by(effective_rank_record(), {}, 3).at(0);
  EXPECT_THAT(reading.value(), IsNear(effective_rank(gradients).value(), kRounding));
  EXPECT_EQ(reading.tap, "input+input");
}

}  // namespace
}  // namespace shatterproof::effective_rank_test
