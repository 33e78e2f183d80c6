// SPDX-License-Identifier: Apache-2.0
// Correlation R of input gradients of real networks of depth L: width 200, 256 Gaussian inputs of dimension
// 200; means over 100 to 200 networks of an independent program.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/threads.h"
#include "shatterproof/dataset/catalog.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/initializer/catalog.h"
#include "tests/study/cell.h"

namespace shatterproof {
namespace {

constexpr double kExpectedSeeds = 100;
constexpr int kDepths[] = {2, 4, 10, 24, 50};

struct Row {
  std::string net;
  double correlation[5];  // at kDepths
  double digit[5];        // to which each is given
};

Reading correlation(const std::string& net, int depth, BatchNorm batch_norm,
                    at::ScalarType dtype = at::kFloat) {
  const Network network = build_family(fmt::format("{},depth={},width=200,input=200", net, depth));
  MeasureRequest request;
  request.batch_norm = batch_norm;
  request.dtype = dtype;
  const MeasuredSeeds measured = measure_over_seeds(
      {.first = 1, .count = study_seeds(), .threads = available_threads()},
      [&](uint64_t seed) {
        return Trial{initialize(network, "he", seed).network,
                     load_batch({.source = "gaussian:256"}, network.inputs(), seed)};
      },
      {"gradient_correlation"}, request);
  for (const Reading& reading : measured.readings) {
    if (reading.type == ReadingType::scalar) return reading;
  }
  return undefined_reading("gradient_correlation", ReadingType::scalar, "no scalar among the readings");
}

class Theorems : public testing::TestWithParam<Row> {};

TEST_P(Theorems, CorrelationIsAsMeasuredIndependently) {
  for (size_t i = 0; i < std::size(kDepths); ++i) {
    const Reading reading = correlation(GetParam().net, kDepths[i], BatchNorm::held);
    ASSERT_TRUE(reading.is_defined()) << reading.undefined;
    expect_cell(fmt::format("{} depth {}", GetParam().net, kDepths[i]), reading.value(),
                reading.standard_error[0], study_seeds(),
                {GetParam().correlation[i], kExpectedSeeds, GetParam().digit[i]});
  }
}

const Row kRows[] = {
    {"feedforward:norm=none", {.3049, .1443, .0424, .0135, .0091}, {1e-4, 1e-4, 1e-4, 1e-4, 1e-4}},
    {"feedforward:norm=center", {.252, .063, .0012, 0, 0}, {1e-3, 1e-3, 1e-4, 1e-4, 1e-4}},
    {"feedforward:norm=batch", {.262, .064, .0012, 0, 0}, {1e-3, 1e-3, 1e-4, 1e-4, 1e-4}},
    {"residual:norm=none", {.582, .377, .153, .051, .027}, {1e-3, 1e-3, 1e-3, 1e-3, 1e-3}},
    {"residual:norm=batch,beta=1", {.6080, .4503, .2691, .1515, .0918}, {1e-4, 1e-4, 1e-4, 1e-4, 1e-4}},
    {"residual:norm=batch,beta=0.1", {.9900, .9804, .9528, .8956, .8058}, {1e-4, 1e-4, 1e-4, 1e-4, 1e-4}},
};

INSTANTIATE_TEST_SUITE_P(Nets, Theorems, testing::ValuesIn(kRows), [](const auto& row) {
  std::string name = row.param.net;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
});

TEST(TheoremsThrough, BatchNormMakesTheBatchGradientSumToZeroWhateverTheDepth) {
  constexpr double kFloatRounding = 1e-6;  // float64 networks: what remains is the solver's own cancellation
  for (const int depth : kDepths) {
    const Reading reading = correlation("feedforward:norm=batch", depth, BatchNorm::through, at::kDouble);
    std::cout << fmt::format("feedforward batch through depth {:<3} measured {:.9f}  expected {:.9f}\n",
                             depth, reading.value(), -1.0 / 255);
    EXPECT_NEAR(reading.value(), -1.0 / 255, kFloatRounding) << depth;
  }
}

}  // namespace
}  // namespace shatterproof
