// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/run/execution.h"

namespace shatterproof {

/// Rounding of a looks-linear network, up to 200 layers.
inline double rounding_of(at::ScalarType dtype) {
  return dtype == at::kDouble ? 1e-12 : 2e-5;
}

inline at::Tensor output_of(const Network& network, const at::Tensor& x) {
  RunOptions options;
  options.dtype = x.scalar_type();
  Batch batch;
  batch.inputs = {x};
  return Execution(network, options).outputs(batch).at(0);
}

/// ||f(a x + b y) - a f(x) - b f(y)|| / ||a f(x) + b f(y)|| over eight Gaussian x and y. An `affine`
/// network, as one that embeds a scalar with a bias, gets a + b = 1.
inline double nonlinearity_of(const Network& network, at::ScalarType dtype, bool affine = false) {
  constexpr int64_t kExamples = 8;
  const bool embedded = network.inputs()[0].shape == std::vector<int64_t>{-1, 1};
  const double a = 1.7, b = embedded || affine ? -0.7 : 0.6;
  const at::Tensor x = gaussian_batch(network.inputs(), kExamples, 1).inputs[0].to(dtype);
  const at::Tensor y = gaussian_batch(network.inputs(), kExamples, 2).inputs[0].to(dtype);
  const at::Tensor together = output_of(network, a * x + b * y).to(at::kDouble);
  const at::Tensor apart = (a * output_of(network, x) + b * output_of(network, y)).to(at::kDouble);
  return ((together - apart).norm() / apart.norm()).item<double>();
}

/// Notes that say where a network is not linear.
inline std::vector<std::string> obstacles_of(const Initialization& drawn) {
  std::vector<std::string> found;
  for (const std::string& note : drawn.notes) {
    if (note.starts_with("not linear") || note.starts_with("with an odd")) found.push_back(note);
  }
  return found;
}

}  // namespace shatterproof
