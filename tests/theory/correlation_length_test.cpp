// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/correlation_length.h"

#include <gtest/gtest.h>

#include <cmath>

#include "shatterproof/examine/setting.h"
#include "shatterproof/theory/arc_cosine.h"
#include "tests/matchers.h"

namespace shatterproof::correlation_length_test {
namespace {

CorrelationProfile profile_of(const std::string& network) {
  return correlation_profile(rectifier_stack(setting_of(network)));
}

TEST(CorrelationProfile, OfPlainLayersFallsBelowAHalfWhereItWasComputed) {
  EXPECT_NEAR(profile_of("feedforward:input=200,depth=10").length, .1875, 5e-5);
  EXPECT_NEAR(profile_of("feedforward:input=200,depth=50").length, .046, 5e-4);
  const CorrelationProfile one = profile_of("feedforward:input=200,depth=1");
  EXPECT_EQ(one.bound, ">");
  EXPECT_EQ(one.length, 1);
}

// Width 200, 20 networks of an independent program: standard errors are theirs, the rest is finite width.
TEST(CorrelationProfile, IsNearWhatNetworksOfWidth200Have) {
  struct Row {
    const char* network;
    double measured, standard_error;
  };
  constexpr double kFiniteWidth = .1;  // of the length
  const Row rows[] = {{"feedforward:input=200,depth=10", .198, .006},
                      {"feedforward:input=200,depth=50", .051, .005},
                      {"feedforward:input=200,depth=10,norm=batch", .056, .001},
                      {"residual:input=200,depth=50,norm=batch", .231, .004},
                      {"residual:input=200,depth=50,norm=batch,beta=0.3", .602, .012}};
  for (const Row& row : rows) {
    EXPECT_NEAR(profile_of(row.network).length, row.measured,
                4 * row.standard_error + kFiniteWidth * row.measured)
        << row.network;
  }
  EXPECT_EQ(profile_of("feedforward:input=200,depth=50,norm=batch").bound, "<");
  EXPECT_EQ(profile_of("residual:input=200,depth=50,norm=batch,beta=0.1").bound, ">");
}

TEST(CorrelationProfile, EndsAtTheCorrelationOfIndependentInputsAndFallsTowardsIt) {
  for (const char* network :
       {"feedforward:input=9,depth=6", "feedforward:input=9,depth=6,norm=batch", "highway:input=9,depth=6",
        "residual:input=9,depth=6,norm=center", "residual:input=9,depth=6,norm=batch,beta=0.5"}) {
    const RectifierStack stack = rectifier_stack(setting_of(network));
    const CorrelationProfile profile = correlation_profile(stack);
    const PairMoments independent = {stack.first_variance, stack.first_variance, 0};
    EXPECT_THAT(profile.correlation.back(), IsNear(follow_pair(stack, independent).correlation[0], 1e-12))
        << network;
    EXPECT_EQ(profile.distance.front(), 1.0 / 256);
    for (size_t k = 1; k < profile.distance.size(); ++k) {
      EXPECT_LT(profile.correlation[k], profile.correlation[k - 1])
          << network << " at " << profile.distance[k];
    }
  }
}

TEST(CorrelationProfile, WithDetachedStatisticsOnlyTheFirstLayersScaleIsFree) {
  // Batch norm divides by the first variance: He or not, the same angles.
  RectifierStack stack = rectifier_stack(setting_of("feedforward:input=9,depth=3,norm=batch"));
  const CorrelationProfile with_he = correlation_profile(stack);
  stack.first_variance = 1;
  const CorrelationProfile without = correlation_profile(stack);
  for (size_t k = 0; k < with_he.correlation.size(); ++k) {
    EXPECT_THAT(with_he.correlation[k], IsNear(without.correlation[k], 1e-12));
  }
}

}  // namespace
}  // namespace shatterproof::correlation_length_test
