// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <optional>

#include "shatterproof/network/layer.h"

namespace shatterproof {

/// Whether the node is an RNN, GRU or LSTM.
bool is_recurrent(const Node& node);
/// Matrices on top of each other in its weights, one per gate; 1 of any other node.
int64_t gates_of(const Node& node);

/// What the sizes of a linear node's weight mean; the members are those of Layer.
struct WeightLayout {
  LayerKind kind = LayerKind::dense;
  bool input_major = false;
  int64_t fan_in = 0;
  int64_t fan_out = 0;
};

/// Of the weight of `sizes` at input `position`. Nothing where an Einsum does not sum over exactly one of the
/// two axes of a matrix, or `sizes` do not fit the operator.
std::optional<WeightLayout> weight_layout(const Node& node, size_t position, at::IntArrayRef sizes);

}  // namespace shatterproof
