// SPDX-License-Identifier: Apache-2.0
#include "experiment/operator_norm.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace shatterproof {
namespace {

// Of a matrix, or the largest of several: the root of the largest eigenvalue of its smaller Gram matrix.
double largest_singular_value(const at::Tensor& matrices) {
  const bool wide = matrices.size(-2) < matrices.size(-1);
  const at::Tensor transposed = matrices.transpose(-1, -2);
  const at::Tensor gram = wide ? matrices.matmul(transposed) : transposed.matmul(matrices);
  return std::sqrt(std::max(0.0, at::linalg_eigvalsh(gram).max().item<double>()));
}

double windows_at_a_place(const at::Tensor& kernel, const Node& node) {
  const std::vector<int64_t> strides = node.integers("strides"), dilations = node.integers("dilations");
  double windows = 1;
  for (int64_t i = 2; i < kernel.dim(); ++i) {
    const auto axis = static_cast<size_t>(i - 2);
    const int64_t dilation = axis < dilations.size() ? dilations[axis] : 1;
    const int64_t stride = axis < strides.size() && dilation == 1 ? strides[axis] : 1;
    windows *= static_cast<double>((kernel.size(i) + stride - 1) / stride);
  }
  return windows;
}

}  // namespace

double operator_norm(const at::Tensor& weight, const Layer& layer, const Node& node) {
  const at::Tensor wide = weight.to(at::kCPU, at::kDouble);
  if (layer.kind == LayerKind::dense) return largest_singular_value(wide);
  return largest_singular_value(wide.flatten(1)) * std::sqrt(windows_at_a_place(wide, node));
}

}  // namespace shatterproof
