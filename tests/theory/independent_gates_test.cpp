// SPDX-License-Identifier: Apache-2.0
// The theorems' own world, simulated, must agree with every closed form.
#include "shatterproof/theory/independent_gates.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <stdexcept>

#include "shatterproof/core/random.h"
#include "shatterproof/examine/setting.h"
#include "shatterproof/theory/typical_pair.h"

namespace shatterproof::independent_gates_test {
namespace {

constexpr double kSigmas = 5;
constexpr double kRounding = 1e-12;  // where nothing was drawn yet

std::vector<SimulatedMoments> simulated(const std::string& network, const GatesOptions& options = {}) {
  return simulate_gates(rectifier_stack(setting_of(network)), options);
}

class EveryStack : public testing::TestWithParam<const char*> {};

TEST_P(EveryStack, SimulatesWhatTheTheoremsSayAtEveryPlace) {
  const std::vector<GradientMoments> exact = typical_pair(rectifier_stack(setting_of(GetParam())));
  const std::vector<SimulatedMoments> drawn = simulated(GetParam());
  ASSERT_EQ(drawn.size(), exact.size());
  for (size_t l = 0; l < exact.size(); ++l) {
    EXPECT_NEAR(drawn[l].variance, exact[l].variance, kSigmas * drawn[l].variance_error + kRounding) << l;
    EXPECT_NEAR(drawn[l].correlation, exact[l].correlation, kSigmas * drawn[l].correlation_error + kRounding)
        << l;
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, EveryStack,
                         testing::Values("feedforward:input=9,depth=3", "feedforward:input=9,depth=8",
                                         "residual:input=9,depth=8",
                                         "residual:input=9,depth=8,alpha=0.70710678",
                                         "residual:input=9,depth=20,norm=batch",
                                         "residual:input=9,depth=20,norm=batch,beta=0.3",
                                         "residual:input=9,depth=8,norm=batch,layers_per_block=2",
                                         "highway:input=9,depth=20", "highway:input=9,depth=8,gamma2=0.6"));

// Means of an independent program; its standard errors are not known and taken as ours.
TEST(IndependentGates, IsAsSimulatedIndependently) {
  struct Row {
    const char* network;
    double correlation, digits, variance;
  };
  const Row rows[] = {
      {"feedforward:input=9,depth=3", .1256, 5e-5, 1}, {"feedforward:input=9,depth=5", .0311, 5e-5, 1},
      {"feedforward:input=9,depth=8", .0039, 5e-5, 1}, {"residual:input=9,depth=3", .423, 5e-4, 7.99},
      {"residual:input=9,depth=5", .239, 5e-4, 32.0},  {"residual:input=9,depth=8", .100, 5e-4, 257.5}};
  const double sigmas = kSigmas * std::sqrt(2.0);
  for (const Row& row : rows) {
    const SimulatedMoments at_input = simulated(row.network).front();
    EXPECT_NEAR(at_input.correlation, row.correlation, sigmas * at_input.correlation_error + row.digits)
        << row.network;
    EXPECT_NEAR(at_input.variance, row.variance, sigmas * at_input.variance_error) << row.network;
  }
}

// The obvious program: whole matrices, one block after the other.
TEST(IndependentGates, DrawsTheLawOfWholeMatrices) {
  constexpr size_t kUnits = 12, kBlocks = 3;
  constexpr uint64_t kNetworks = 4000;
  double size = 0, product = 0, squares_of_sizes = 0;
  for (uint64_t network = 0; network < kNetworks; ++network) {
    std::vector<double> g(kUnits, 1 / std::sqrt(static_cast<double>(kUnits))), other = g;
    std::vector<double> w(kUnits * kUnits), coins(2 * kUnits);
    for (size_t l = 0; l < kBlocks; ++l) {
      RandomStream(network, "weights " + std::to_string(l)).gaussian(w);
      RandomStream(network, "gates " + std::to_string(l)).uniform(coins);
      std::vector<double> next = g, next_other = other;
      for (size_t i = 0; i < kUnits; ++i) {
        double sum = 0, sum_other = 0;
        for (size_t j = 0; j < kUnits; ++j) {
          sum += w[j * kUnits + i] * std::sqrt(2.0 / kUnits) * g[j];
          sum_other += w[j * kUnits + i] * std::sqrt(2.0 / kUnits) * other[j];
        }
        if (coins[i] < .5) next[i] += sum;
        if (coins[kUnits + i] < .5) next_other[i] += sum_other;
      }
      g = next;
      other = next_other;
    }
    const double own = std::inner_product(g.begin(), g.end(), g.begin(), 0.0);
    size += own / kNetworks;
    squares_of_sizes += own * own / kNetworks;
    product += std::inner_product(g.begin(), g.end(), other.begin(), 0.0) / kNetworks;
  }
  GatesOptions options;
  options.units = kUnits;
  options.networks = 20'000;
  const SimulatedMoments drawn = simulated("residual:input=9,depth=3", options).front();
  const double error = std::sqrt((squares_of_sizes - size * size) / kNetworks);
  EXPECT_NEAR(drawn.variance, size, kSigmas * std::hypot(error, drawn.variance_error));
  EXPECT_NEAR(drawn.correlation * drawn.variance, product, kSigmas * std::hypot(error, drawn.variance_error));
  // Fluctuations too, not means alone: E over two gradients halves the variance of what they do not share.
  EXPECT_GT(drawn.variance_error * std::sqrt(20'000.0), .7 * error * std::sqrt(4000.0));
  EXPECT_LT(drawn.variance_error * std::sqrt(20'000.0), 1.05 * error * std::sqrt(4000.0));
}

TEST(IndependentGates, IsTheSameForTheSameSeedAndRefusesTooFew) {
  GatesOptions options;
  options.networks = 10;
  const auto drawn = [&](uint64_t seed) {
    options.seed = seed;
    return simulated("feedforward:input=9,depth=2", options).front().variance;
  };
  EXPECT_EQ(drawn(3), drawn(3));
  EXPECT_NE(drawn(3), drawn(4));
  options.networks = 1;
  EXPECT_THROW(drawn(3), std::invalid_argument);
  options = {};
  options.units = 0;
  EXPECT_THROW(drawn(3), std::invalid_argument);
}

}  // namespace
}  // namespace shatterproof::independent_gates_test
