// SPDX-License-Identifier: Apache-2.0
// correlation_length of families: against the closed form in infinite width, and in the order theory gives
// them.
#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/threads.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/initializer/catalog.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::correlation_length_theory_test {
namespace {

std::vector<Reading> lengths(const std::string& family, int64_t seeds) {
  const Network undrawn = build_family(family);
  const auto draw = [&](uint64_t seed) {
    Network network = initialize(undrawn, "he", seed).network;
    Batch batch = gaussian_batch(network.inputs(), 128, seed);
    return Trial{std::move(network), std::move(batch)};
  };
  return measure_over_seeds({1, seeds, available_threads()}, draw, {"correlation_length"}, {}).readings;
}

// Rectifier layers without normalization, infinite width: c(d) = prod_l (1 - theta_l / pi), theta_1 the angle
// between x and x + d (x' - x) for independent x and x', then cos theta <- (sin theta + (pi - theta) cos
// theta) / pi.
double in_infinite_width(int layers, double d) {
  double theta = std::acos((1 - d) / std::hypot(1 - d, d)), c = 1;
  for (int l = 0; l < layers; ++l) {
    c *= 1 - theta / M_PI;
    theta = std::acos(std::min(1.0, (std::sin(theta) + (M_PI - theta) * std::cos(theta)) / M_PI));
  }
  return c;
}

TEST(CorrelationLengthOfFamilies, FollowsTheArcCosineRecursion) {
  // Beyond 4 standard errors: what width 200 and inputs of 100 numbers add to infinite width.
  constexpr double kFiniteWidth = 0.01;
  for (const int layers : {1, 4}) {
    const std::vector<Reading> readings =
        lengths("feedforward:input=100,width=200,depth=" + std::to_string(layers), 16);
    const Reading& profile = find_reading(readings, "correlation_length_profile");
    for (size_t k = 0; k < profile.x.size(); ++k) {
      EXPECT_NEAR(profile.values[k], in_infinite_width(layers, profile.x[k]),
                  4 * profile.standard_error[k] + kFiniteWidth)
          << layers << " layers, d = " << profile.x[k];
    }
  }
}

TEST(CorrelationLengthOfFamilies, OrdersThemByHowMuchTheyShatter) {
  const auto length = [](const std::string& options) {
    return find_reading(lengths(options, 3), "correlation_length", ReadingType::scalar);
  };
  const std::string feedforward = "feedforward:input=100,width=200,depth=";
  const std::string residual = "residual:input=100,width=200,depth=50,norm=batch,beta=";
  const Reading one = length(feedforward + "1"), ten = length(feedforward + "10"),
                fifty = length(feedforward + "50");
  const Reading batch_ten = length(feedforward + "10,norm=batch"),
                batch_fifty = length(feedforward + "50,norm=batch");
  const Reading beta_1 = length(residual + "1"), beta_3 = length(residual + "0.3"),
                beta_01 = length(residual + "0.1");
  const auto expect_longer = [](const Reading& longer, const Reading& shorter, const char* which) {
    const double standard_error = std::hypot(longer.standard_error.at(0), shorter.standard_error.at(0));
    EXPECT_GT(longer.value() - shorter.value(), 2 * standard_error) << which;
  };
  expect_longer(one, ten, "one layer, ten layers");
  expect_longer(ten, fifty, "ten layers, fifty layers");
  expect_longer(ten, batch_ten, "ten layers, with batch norm");
  expect_longer(batch_ten, batch_fifty, "ten layers with batch norm, fifty");
  expect_longer(beta_1, batch_fifty, "fifty layers with batch norm: with skips, without");
  expect_longer(beta_3, beta_1, "beta .3, beta 1");
  expect_longer(beta_01, beta_3, "beta .1, beta .3");
  EXPECT_EQ(batch_fifty.bound, "<") << "nothing is left after the first step";
  EXPECT_EQ(beta_01.bound, ">") << "fifty layers that never forget";
}

}  // namespace
}  // namespace shatterproof::correlation_length_theory_test
