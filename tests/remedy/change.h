// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/remedy/apply.h"
#include "shatterproof/run/execution.h"

namespace shatterproof {

/// Sums in single precision, in another order.
constexpr double kSinglePrecision = 1e-5;
/// Norms of families have epsilon 0, inserted ones 1e-5.
constexpr double kEpsilonOfNorms = 1e-3;

inline Batch examples_for(const Network& network) {
  return gaussian_batch(network.inputs(), 6, 3);
}

inline std::optional<Changed> changed(const Network& network, const Remedy& remedy) {
  return changed(network, examples_for(network), remedy, 1);
}

inline at::Tensor output_of(const Network& network, const Batch& batch,
                            BatchStatistics statistics = BatchStatistics::attached) {
  RunOptions options;
  options.batch_norm = statistics;
  return Execution(network, options).outputs(batch).front();
}

inline at::Tensor number(const Network& network, const std::string& parameter) {
  return network.find_parameter(parameter)->value;
}

inline void expect_near(const at::Tensor& got, const at::Tensor& expected, double tolerance) {
  ASSERT_EQ(got.sizes(), expected.sizes());
  const double scale = expected.abs().max().item<double>();
  EXPECT_GT(scale, 0) << "nothing to compare";
  EXPECT_LE((got - expected).abs().max().item<double>(), tolerance * scale);
}

inline void expect_equal(const at::Tensor& got, const at::Tensor& expected) {
  expect_near(got, expected, kSinglePrecision);
}

/// What entering [examples, units, ...] is after batch norm with gain 1.
inline at::Tensor batch_normalized(const at::Tensor& x) {
  std::vector<int64_t> axes = {0};
  for (int64_t axis = 2; axis < x.dim(); ++axis) axes.push_back(axis);
  const auto [variance, mean] = at::var_mean(x, axes, /*unbiased=*/false, /*keepdim=*/true);
  return (x - mean) / (variance + 1e-5).sqrt();
}

/// The same of layer norm over the last axis.
inline at::Tensor layer_normalized(const at::Tensor& x) {
  const auto [variance, mean] = at::var_mean(x, {-1}, /*unbiased=*/false, /*keepdim=*/true);
  return (x - mean) / (variance + 1e-5).sqrt();
}

}  // namespace shatterproof
