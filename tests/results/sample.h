// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <limits>

#include "shatterproof/results/reader.h"

namespace shatterproof {

/// One of everything a results file can hold, the awkward cases included.
inline Results sample_results() {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Results results;
  results.context = {kResultsSchema,
                     "0.1.0",
                     "check \"x\".onnx",
                     "x.onnx",
                     "gaussian, 256 examples",
                     "he",
                     256,
                     18446744073709551615U,
                     5,
                     "random",
                     "detached",
                     "float32",
                     "cpu",
                     2,
                     "1.13.1",
                     "2026-01-01T00:00:00Z",
                     "What it shows",
                     "figure 2",
                     "what to know"};
  results.cases = {
      {"residual beta 0.1", "residual:beta=0.1", "gaussian:256", "he", "sum", "detached", "float64", 5},
      {"white",
       "noise: white",
       "grid:-2:2:256",
       "",
       "",
       "",
       "float32",
       400,
       {{"depth", 2.5}},
       {{"norm", "batch"}},
       "noise = 'white'\nseeds = 400\n"}};
  results.graphs = {
      {"residual beta 0.1",
       {{"x", "Input", 0, 0, {"input"}}, {"fc", "Gemm", 1, 1, {}}, {"sum", "Add", 1, 0, {"sum", "out"}}},
       {{0, 1, false}, {1, 2, false}, {0, 2, true}}}};
  Reading scalar = scalar_reading("correlation_length", 1);
  scalar.bound = ">";
  scalar.case_name = "residual beta 0.1";
  scalar.functional = "logit:3";
  scalar.batch_norm = "detached";
  scalar.standard_error = {0.125};
  scalar.n = 4;
  scalar.undefined_count = 1;
  Reading curve = curve_reading("gradient_variance", "depth", {0, 1, 2, 3}, {kNan, -kInfinity, 0.1, 1});
  curve.x_labels = {"input", "relu_1", "relu_2", "relu_3"};
  curve.over_seeds = SeedMean::geometric;
  curve.standard_error = {kNan, kNan, 1e-300, 0};
  Reading histogram =
      histogram_reading("activation_fraction", "fraction of inputs", {0, 0.5, 1}, {0.25, 0.75});
  histogram.tap = "relu_1";
  histogram.depth = 1;
  results.readings = {
      scalar,
      curve,
      histogram,
      matrix_reading("gradient_covariance", {2, 2}, {1, -0.123456789, kInfinity, 12345678}),
      scalar_reading("all_the_same_null", kNan),
      undefined_reading("gradient_autocorrelation", ReadingType::curve,
                        "gradient is constant along the inputs"),
  };
  results.predictions = {
      {curve_reading("gradient_correlation", "depth", {0, 1}, {0.25, 0.5}), "infinite width"}};
  Finding finding;
  finding.id = "shattered";
  finding.severity = Severity::critical;
  finding.headline = "gradient forgets within 0.4 % of the way";
  finding.layers = LayerRange{1, 58};
  finding.evidence = {{"correlation_length", "", 1.0 / 256, "<", 0.001, 0.25, ">", std::nullopt},
                      {"gradient_correlation", "input", kNan, "", std::nullopt, std::nullopt, "", 0.5}};
  finding.why = "neighbouring examples ask for unrelated updates";
  finding.next = "add a skip every two convolutions";
  finding.remedies = {{.kind = Remedy::Kind::add_skips, .value = .2},
                      {.kind = Remedy::Kind::break_symmetry, .scheme = "a.weight", .falls_short = true}};
  finding.confidence = "critical in 5 of 5 draws";
  Finding bare;
  bare.id = "folded_normalization";
  results.findings = {finding, bare};
  results.verdicts = {{"critical", {"all numbers finite"}}};
  results.claims = {
      {"figure_2", "residual beta 0.1", "lag 1 equals", 0.9, 0.01, 0.893, 0.004, 0.05, true, 0.04, "M", true},
      {"figure_2", "", "white", kNan, std::nullopt, 0, std::nullopt, 0, false, std::nullopt, "P", false}};
  results.epochs = {
      {.epoch = 1, .train_loss = 2.3, .train_accuracy = .1, .learning_rate = 1e-3, .images_per_second = 900},
      {.case_name = "seed 2",
       .epoch = 2,
       .train_loss = INFINITY,
       .train_accuracy = .25,
       .test_loss = 1.5,
       .test_accuracy = .5,
       .learning_rate = 1e-4}};
  results.coverage = {
      {"", 231, 230, {"delta-orthogonal where possible"}, {{"Shape_3", "Shape has no derivative"}}}};
  return results;
}

}  // namespace shatterproof
