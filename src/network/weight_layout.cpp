// SPDX-License-Identifier: Apache-2.0
#include "network/weight_layout.h"

#include <ATen/ATen.h>

#include <string>

namespace shatterproof {
namespace {

// Whether the letter that an Einsum's output lacks, the one summed over, comes first in its matrix.
std::optional<bool> sums_over_first(const Node& node, size_t position) {
  std::string equation = node.text("equation", "");
  std::erase(equation, ' ');
  const size_t arrow = equation.find("->"), comma = equation.find(',');
  constexpr size_t kLettersOfAMatrix = 2;
  if (node.inputs.size() != 2 || arrow == equation.npos || comma == equation.npos) return {};
  const std::string letters =
      position == 0 ? equation.substr(0, comma) : equation.substr(comma + 1, arrow - comma - 1);
  if (letters.size() != kLettersOfAMatrix || letters[0] == letters[1]) return {};
  const auto kept = [&](char letter) { return equation.find(letter, arrow) != equation.npos; };
  if (kept(letters[0]) == kept(letters[1])) return {};
  return kept(letters[1]);
}

WeightLayout dense(at::IntArrayRef sizes, bool input_major) {
  const int64_t rows = sizes[sizes.size() - 2], columns = sizes.back();
  return {LayerKind::dense, input_major, input_major ? rows : columns, input_major ? columns : rows};
}

}  // namespace

bool is_recurrent(const Node& node) {
  return node.op == "RNN" || node.op == "GRU" || node.op == "LSTM";
}

int64_t gates_of(const Node& node) {
  return node.op == "LSTM" ? 4 : node.op == "GRU" ? 3 : 1;
}

std::optional<WeightLayout> weight_layout(const Node& node, size_t position, at::IntArrayRef sizes) {
  constexpr size_t kDirectionsGatesAndInputs = 3;
  if (is_recurrent(node)) {
    if (sizes.size() != kDirectionsGatesAndInputs) return {};
    return WeightLayout{LayerKind::recurrent, false, sizes[2], sizes[1]};
  }
  if (node.op == "Einsum") {
    const std::optional<bool> summed_first = sums_over_first(node, position);
    if (!summed_first || sizes.size() != 2) return {};
    return dense(sizes, *summed_first);
  }
  if (node.op == "MatMul" || node.op == "Gemm") {
    const bool first = position == 0;
    const bool transposed = node.op == "Gemm" && node.integer(first ? "transA" : "transB", 0) != 0;
    return dense(sizes, first == transposed);
  }
  const bool input_major = node.op == "ConvTranspose";
  const int64_t fan_out = input_major ? sizes[1] * node.integer("group", 1) : sizes[0];
  const int64_t fan_in = fan_out == 0 ? 0 : c10::multiply_integers(sizes) / fan_out;
  return WeightLayout{LayerKind::convolution, input_major, fan_in, fan_out};
}

}  // namespace shatterproof
