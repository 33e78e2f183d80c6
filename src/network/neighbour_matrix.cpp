// SPDX-License-Identifier: Apache-2.0
#include "network/neighbour_matrix.h"

#include <ATen/ATen.h>

namespace shatterproof {
namespace {

bool are_equal(const at::Tensor& numbers, const at::Tensor& others) {
  constexpr double kRounding = 1e-5;
  return (numbers - others).abs().max().item<double>() <= kRounding * numbers.abs().max().item<double>();
}

}  // namespace

bool averages_neighbours(const Network& network, const Node& node) {
  if ((node.op != "MatMul" && node.op != "Gemm") || node.inputs.size() < 2) return false;
  const Parameter* parameter = network.find_parameter(node.inputs[0]);
  if (!parameter || network.find_parameter(node.inputs[1])) return false;
  const at::Tensor& value = parameter->value;  // undefined where a graph came without its numbers
  if (!value.defined() || !value.is_floating_point() || value.dim() != 2) return false;
  const int64_t rows = value.size(0);
  if (rows < 3 || value.size(1) != rows) return false;
  const at::Tensor matrix = value.to(at::kCPU, at::kDouble);
  const at::Tensor beside =
      matrix.masked_select(at::eye(rows, matrix.options().dtype(at::kBool)).logical_not());
  if (beside.eq(beside[0]).all().item<bool>()) return false;
  if (are_equal(matrix, matrix.t())) return true;
  const at::Tensor sums = matrix.sum(1);
  return matrix.ge(0).all().item<bool>() && are_equal(at::ones_like(sums), sums);
}

}  // namespace shatterproof
