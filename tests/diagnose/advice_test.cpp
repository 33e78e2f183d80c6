// SPDX-License-Identifier: Apache-2.0
// What a finding predicts of a changed network, against that network.
#include <gtest/gtest.h>

#include <cmath>

#include "diagnose/growth.h"
#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/initializer/catalog.h"
#include "tests/matchers.h"

namespace shatterproof::advice_test {
namespace {

// The gain of 40 residual blocks without a norm over that of an orthogonal map, geometric mean of four draws.
double gain_multiple_of(double beta) {
  constexpr int kDraws = 4;
  double logarithms = 0;
  for (uint64_t seed = 1; seed <= kDraws; ++seed) {
    const Network network =
        initialize(build_family(fmt::format("residual:depth=40,width=100,input=100,output=10,beta={}", beta)),
                   "he", seed)
            .network;
    MeasureRequest request;
    request.run.seed = seed;
    const Measured measured =
        measure(network, gaussian_batch(network.inputs(), 128, seed), {"end_to_end_gain"}, request);
    logarithms += std::log(measured.readings.at(0).value() / std::sqrt(10. / 100)) / kDraws;
  }
  return std::exp(logarithms);
}

TEST(Advice, BranchesThatAreScaledDownLeaveThePredictedGain) {
  constexpr double kFewDraws = .15;
  const double factor = 1 / std::sqrt(40.), before = gain_multiple_of(1), after = gain_multiple_of(factor);
  EXPECT_GT(before, 1e5);
  EXPECT_THAT(after, IsNear(gain_with_scaled_branches(before, 40, factor), kFewDraws));
}

}  // namespace
}  // namespace shatterproof::advice_test
