// SPDX-License-Identifier: Apache-2.0
// The scale of gradients in the seven networks of [GE], table 1: against an independent Monte Carlo of it.
#include "shatterproof/architecture/catalog.h"
#include "shatterproof/architecture/preset.h"
#include "shatterproof/core/threads.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/initializer/catalog.h"
#include "tests/measure/fake_taps.h"

namespace shatterproof {
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
                                           Row{"layer_tanh", 6, 72.2, 0.3, 1.0, 0.49},
                                           Row{"batch_relu", 6, 5860, 0.2, 1.0, 0.41}),
                         [](const auto& info) { return info.param.preset; });

}  // namespace
}  // namespace shatterproof
