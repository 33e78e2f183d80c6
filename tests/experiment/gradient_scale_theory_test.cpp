// SPDX-License-Identifier: Apache-2.0
// The scale of gradients in networks of [GE], table 1, against an independent Monte Carlo of it, and what
// dilution leaves of its growth.
#include <map>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/architecture/preset.h"
#include "shatterproof/core/threads.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::gradient_scale_theory_test {
namespace {

MeasuredSeeds measured(const std::string& spec, const std::vector<std::string>& names, int64_t seeds,
                       const std::string& initializer = "") {
  const Network undrawn = build_family(spec);
  const std::string scheme = initializer.empty() ? default_initializer(spec) : initializer;
  const auto draw = [&](uint64_t seed) {
    Network network = initialize(undrawn, scheme, seed).network;
    Batch batch = gaussian_batch(network.inputs(), 1000, seed);
    return Trial{std::move(network), std::move(batch)};
  };
  return measure_over_seeds({1, seeds, available_threads()}, draw, names, {});
}

struct Row {
  std::string preset;
  int64_t seeds;
  double coefficient;  ///< of the first linear map
  double log_spread;   ///< of its logarithm between seeds, of which as many are behind the expectation
  double std, diversity;
};

class TableOne : public ::testing::TestWithParam<Row> {};

TEST_P(TableOne, Holds) {
  const Row& row = GetParam();
  const MeasuredSeeds seeds =
      measured("feedforward:preset=" + row.preset,
               {"gradient_scale_coefficient", "preactivation_std", "sign_diversity"}, row.seeds);
  const auto curve = [&](const char* name) -> const Reading& { return find_reading(seeds.readings, name); };
  const Reading& gsc = curve("gradient_scale_coefficient");
  ASSERT_EQ(gsc.values.size(), 50U);
  EXPECT_EQ(gsc.over_seeds, SeedMean::geometric);
  const double measured_error = gsc.standard_error[0] / gsc.values[0];
  const double expected_error = row.log_spread / std::sqrt(static_cast<double>(row.seeds));
  EXPECT_NEAR(std::log(gsc.values[0]), std::log(row.coefficient),
              std::max(0.05, 4 * std::hypot(measured_error, expected_error)));
  for (const auto& [name, expected] :
       {std::pair("preactivation_std", row.std), {"sign_diversity", row.diversity}}) {
    const Reading& reading = curve(name);
    ASSERT_EQ(reading.values.size(), 49U);
    EXPECT_NEAR(reading.values.back(), expected,
                std::max(0.05 * expected, 4 * std::sqrt(2) * reading.standard_error.back()))
        << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Presets, TableOne,
                         ::testing::Values(Row{"tanh", 6, 1.282, 0.05, 0.093, 0.49},
                                           Row{"layer_tanh", 6, 72.2, 0.1, 1.0, 0.49},
                                           Row{"batch_relu", 6, 5860, 0.2, 1.0, 0.41}),
                         [](const auto& info) { return info.param.preset; });

// An orthogonal map, which leaves the inputs white, and a block of two layers with batch norm and rectifiers,
// its skip times `factor`: the sum is the output. Without the skip, the branch alone.
Network one_block(double factor) {
  NetworkBuilder builder("block");
  const std::string x =
      builder.linear(builder.input("input", {100}), {"first", 100, 100, false, "orthogonal:gain=1", ""});
  std::string branch = x;
  for (const char* name : {"second", "third"}) {
    const std::string normalized = builder.normalization(branch, std::string(name) + ".norm", "batch", 100);
    branch = builder.linear(builder.activation(normalized, std::string(name) + ".relu", "relu"),
                            {name, 100, 100, false, "", ""});
  }
  if (factor != 0) branch = builder.add(builder.scale(x, "skip", factor), branch, "sum");
  builder.output(branch);
  return builder.build();
}

struct Block {
  double growth, dilution;
};

Block measured_block(double factor, uint64_t seed) {
  const Network network = initialize(one_block(factor), "he", seed).network;
  MeasureRequest request;
  request.run.seed = seed;
  const Measured block = measure(network, gaussian_batch(network.inputs(), 1000, seed),
                                 {"gradient_scale_coefficient", "dilution"}, request);
  const Reading& dilution = find_reading(block.readings, "dilution");
  return {find_reading(block.readings, "gradient_scale_coefficient").values.front(),
          dilution.is_defined() ? dilution.values.front() : 0};
}

TEST(DilutedBlock, GrowsAsItsDilutionSays) {
  // k is what is measured, r the growth of the branch alone with the same weights, inputs and probes. The
  // relation neglects products of skip and branch; they change sign with the skip, and both signs are taken.
  constexpr double kRelation = 0.002;
  std::vector<Reading> branches;
  std::map<double, std::vector<Reading>> ratios;
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    const double r = measured_block(0, seed).growth;
    branches.push_back(scalar_reading("r", r));
    for (const double factor : {0.5, 1.0, 2.0, 4.0}) {
      double both = 0;
      for (const double sign : {-1, 1}) {
        const Block block = measured_block(sign * factor, seed);
        const double k2 = block.dilution * block.dilution;
        both += block.growth / std::sqrt(1 + (r * r - 1) / (k2 + 1)) / 2;
      }
      ratios[factor].push_back(scalar_reading("ratio", both));
    }
  }
  const Reading branch = mean_over_seeds(branches);
  EXPECT_NEAR(branch.value(), 1.21, 0.01 + 4 * branch.standard_error[0]);
  for (const auto& [factor, over_seeds] : ratios) {
    const Reading ratio = mean_over_seeds(over_seeds);
    EXPECT_NEAR(ratio.value(), 1, kRelation) << "factor " << factor;
    EXPECT_LT(ratio.standard_error[0], kRelation / 2) << "factor " << factor << ": or the test says nothing";
  }
}

}  // namespace
}  // namespace shatterproof::gradient_scale_theory_test
