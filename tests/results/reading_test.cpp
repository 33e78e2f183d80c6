// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/results/reading.h"

#include <cmath>

namespace shatterproof::reading_test {
namespace {

TEST(MeanOverSeeds, IsMeanAndStandardErrorOfTheMean) {
  const Reading mean =
      mean_over_seeds({scalar_reading("a", 1), scalar_reading("a", 2), scalar_reading("a", 6)});
  EXPECT_EQ(mean.value(), 3);
  // Variance ((-2)^2 + (-1)^2 + 3^2) / 2 = 7, over three seeds.
  EXPECT_DOUBLE_EQ(mean.standard_error.at(0), std::sqrt(7.0 / 3));
  EXPECT_EQ(mean.n, 3);
}

TEST(MeanOverSeeds, IsGeometricWhereTheReadingSaysSo) {
  std::vector<Reading> draws = {curve_reading("a", "depth", {0, 1}, {1, 3}),
                                curve_reading("a", "depth", {0, 1}, {4, 3}),
                                curve_reading("a", "depth", {0, 1}, {16, 3})};
  for (Reading& draw : draws) draw.over_seeds = SeedMean::geometric;
  const Reading mean = mean_over_seeds(draws);
  EXPECT_NEAR(mean.values[0], 4, 1e-12);
  // Logarithms scatter about log 4 by log 4: variance (log 4)^2, over three seeds, times the mean.
  EXPECT_NEAR(mean.standard_error.at(0), 4 * std::log(4) / std::sqrt(3), 1e-12);
  EXPECT_NEAR(mean.values[1], 3, 1e-12);
  EXPECT_NEAR(mean.standard_error.at(1), 0, 1e-12);
  EXPECT_EQ(mean_over_seeds({draws[1]}).values, draws[1].values)
      << "of one draw it is that draw, to the last bit";
}

TEST(MeanOverSeeds, GeometricWithADrawOfZeroIsZeroWithoutAnError) {
  std::vector<Reading> draws = {scalar_reading("a", 0), scalar_reading("a", 2)};
  for (Reading& draw : draws) draw.over_seeds = SeedMean::geometric;
  EXPECT_EQ(mean_over_seeds(draws).value(), 0);
  EXPECT_TRUE(std::isnan(mean_over_seeds(draws).standard_error.at(0)));
}

TEST(MeanOverSeeds, GeometricOfZerosIsZeroAsOftenAsItIsDrawn) {
  std::vector<Reading> draws = {curve_reading("a", "depth", {0, 1}, {0, 2}),
                                curve_reading("a", "depth", {0, 1}, {0, 2})};
  for (Reading& draw : draws) draw.over_seeds = SeedMean::geometric;
  EXPECT_EQ(mean_over_seeds(draws).values[0], 0);
  EXPECT_EQ(mean_over_seeds(draws).standard_error, (std::vector<double>{0, 0}));
}

TEST(MeanOverSeeds, OfOneDrawHasNoStandardError) {
  const Reading mean = mean_over_seeds({curve_reading("a", "lag", {0, 1}, {1, 0.5})});
  EXPECT_EQ(mean.values, (std::vector<double>{1, 0.5}));
  EXPECT_TRUE(mean.standard_error.empty());
  EXPECT_EQ(mean.n, 1);
}

TEST(MeanOverSeeds, LeavesOutUndefinedDrawsAndCountsThem) {
  const Reading undefined = undefined_reading("a", ReadingType::scalar, "gradient is zero");
  const Reading mean = mean_over_seeds({undefined, scalar_reading("a", 4), scalar_reading("a", 6)});
  EXPECT_EQ(mean.value(), 5);
  EXPECT_EQ(mean.n, 2);
  EXPECT_EQ(mean.undefined_count, 1);
  const Reading none = mean_over_seeds({undefined, undefined});
  EXPECT_EQ(none.undefined, "gradient is zero");
  EXPECT_EQ(none.undefined_count, 2);
  EXPECT_EQ(none.n, 0);
}

TEST(MeanOverSeeds, KeepsABoundThatMostDrawsShare) {
  Reading bound = scalar_reading("a", 1);
  bound.bound = ">";
  EXPECT_EQ(mean_over_seeds({bound, bound, scalar_reading("a", 0.5)}).bound, ">");
  EXPECT_EQ(mean_over_seeds({bound, scalar_reading("a", 0.5), scalar_reading("a", 0.5)}).bound, "");
  EXPECT_EQ(mean_over_seeds({bound, scalar_reading("a", 0.5)}).bound, "");
}

TEST(MeanOverSeeds, RefusesDrawsWithDifferentAxes) {
  EXPECT_THROW(mean_over_seeds({}), std::invalid_argument);
  EXPECT_THROW(mean_over_seeds({scalar_reading("a", 1), scalar_reading("b", 1)}), std::invalid_argument);
  EXPECT_THROW(
      mean_over_seeds({curve_reading("a", "x", {0, 1}, {1, 1}), curve_reading("a", "x", {0, 2}, {1, 1})}),
      std::invalid_argument);
  EXPECT_THROW(mean_over_seeds({curve_reading("a", "x", {0, 1}, {1, 1}), curve_reading("a", "x", {0}, {1})}),
               std::invalid_argument);
  // Two paths scaled to [0, 1] in single precision have the same axis.
  EXPECT_NO_THROW(mean_over_seeds({curve_reading("a", "x", {0, 0.5, 1}, {1, 1, 1}),
                                   curve_reading("a", "x", {0, 0.5000001, 1}, {1, 1, 1})}));
}

TEST(MeanOverSeeds, CarriesNonFiniteDrawsOn) {
  EXPECT_TRUE(std::isnan(mean_over_seeds({scalar_reading("a", NAN), scalar_reading("a", 1)}).value()));
  EXPECT_EQ(mean_over_seeds({scalar_reading("a", INFINITY), scalar_reading("a", 1)}).value(), INFINITY);
}

}  // namespace
}  // namespace shatterproof::reading_test
