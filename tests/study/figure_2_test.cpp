// SPDX-License-Identifier: Apache-2.0
// Autocorrelation of gradients on a grid: width 200, 256 points on [-2, 2], weights N(0, 2 / fan_in); means
// over 400 networks of an independent program.
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

constexpr double kExpectedSeeds = 400;
constexpr int kLags[] = {1, 5, 15};

struct Cell {
  int depth;
  double acf[3];  // at kLags
};

struct Row {
  std::string net;
  std::vector<Cell> cells;
};

Reading autocorrelation(const std::string& net, int depth, BatchNorm batch_norm) {
  const Network network = build_family(fmt::format("{},depth={},width=200", net, depth));
  const Batch grid = load_batch({.source = "grid:-2:2:256"}, network.inputs(), 1);
  MeasureRequest request;
  request.batch_norm = batch_norm;
  const MeasuredSeeds measured = measure_over_seeds(
      {.first = 1, .count = study_seeds(), .threads = available_threads()},
      [&](uint64_t seed) {
        return Trial{initialize(network, "he", seed).network, grid};
      },
      {"gradient_autocorrelation"}, request);
  return measured.readings.front();
}

class Figure2 : public testing::TestWithParam<Row> {};

TEST_P(Figure2, AutocorrelationIsAsMeasuredIndependently) {
  for (const Cell& cell : GetParam().cells) {
    const Reading acf = autocorrelation(GetParam().net, cell.depth, BatchNorm::held);
    ASSERT_TRUE(acf.is_defined()) << acf.undefined;
    for (size_t i = 0; i < 3; ++i) {
      const auto lag = static_cast<size_t>(kLags[i]);
      expect_cell(fmt::format("{} depth {} lag {}", GetParam().net, cell.depth, lag), acf.values[lag],
                  acf.standard_error[lag], study_seeds(), {cell.acf[i], kExpectedSeeds});
    }
  }
}

const Row kRows[] = {
    {"feedforward:norm=none",
     {{2, {.971, .863, .643}},
      {4, {.965, .838, .581}},
      {10, {.939, .742, .452}},
      {24, {.868, .536, .259}},
      {50, {.750, .377, .207}}}},
    {"feedforward:norm=center",
     {{2, {.972, .863, .625}},
      {4, {.945, .751, .401}},
      {10, {.747, .216, -.027}},
      {24, {-.023, .007, .005}},
      {50, {.010, .007, -.006}}}},
    {"feedforward:norm=batch",
     {{2, {.973, .869, .636}},
      {4, {.912, .622, .188}},
      {10, {.482, -.063, -.041}},
      {24, {-.019, -.001, -.004}},
      {50, {-.005, -.009, -.006}}}},
    {"residual:norm=batch,beta=1",
     {{2, {.974, .873, .655}},
      {4, {.949, .768, .446}},
      {10, {.884, .543, .154}},
      {24, {.798, .320, .009}},
      {50, {.705, .174, -.039}}}},
    {"residual:norm=batch,beta=0.1",
     {{2, {.969, .875, .697}},
      {4, {.964, .847, .635}},
      {10, {.949, .790, .531}},
      {24, {.926, .712, .410}},
      {50, {.893, .605, .279}}}},
    {"residual:norm=none", {{10, {.958, .811, .543}}, {24, {.924, .688, .365}}, {50, {.866, .555, .296}}}},
};

INSTANTIATE_TEST_SUITE_P(Nets, Figure2, testing::ValuesIn(kRows), [](const auto& row) {
  std::string name = row.param.net;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
});

TEST(Figure2Through, DifferentiatingTheStatisticsLowersTheCorrelationOfNeighbours) {
  // standard errors .017 and .013 over the spread of single networks, about .13 and .09
  const struct {
    const char* net;
    double lag_1, standard_error;
  } rows[] = {{"residual:norm=batch,beta=1", .526, .017}, {"residual:norm=batch,beta=0.1", .818, .013}};
  for (const auto& row : rows) {
    const Reading acf = autocorrelation(row.net, 50, BatchNorm::through);
    const double seeds =
        static_cast<double>(study_seeds()) * std::pow(acf.standard_error[1] / row.standard_error, 2);
    expect_cell(fmt::format("{} depth 50 lag 1, through", row.net), acf.values[1], acf.standard_error[1],
                study_seeds(), {row.lag_1, seeds});
  }
}

}  // namespace
}  // namespace shatterproof
