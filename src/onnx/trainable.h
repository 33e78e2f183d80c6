// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "shatterproof/network/network.h"

namespace shatterproof {

/// A slot of a node that training fills: one of its inputs, and the parameter that reaches it, directly or
/// through nodes that compute a weight from parameters alone.
struct TrainedSlot {
  size_t node = 0;
  size_t input = 0;
  std::string parameter;
};

/// Slots are the weights and biases of linear operators that read data, scales and biases of normalizations,
/// slopes of PRelu, tables of Gather indexed by data, and parameters added to, multiplied with or joined to
/// what has already met a layer: a bias, a position embedding, a class token, the gain of a normalization
/// written out, the scale of a branch. Not masks and other fixed tables, numbers without a name of their own,
/// what reaches a slot only through one number (the vectors of spectral normalization), or the arithmetic
/// that prepares raw inputs.
///
/// `literals` are parameters that the file writes as numbers within the graph, not as weights beside it.
std::vector<TrainedSlot> trained_slots(const Network& network,
                                       const std::unordered_set<std::string>& literals = {});

/// The parameters of those slots.
std::unordered_set<std::string> trainable_parameters(const Network& network,
                                                     const std::unordered_set<std::string>& literals = {});

/// Whether an exporter made the name up ("onnx::Conv_123", "val_7", "489"), so that no module of the author's
/// owns the tensor.
bool is_generated_name(std::string_view name);

/// Whether one number beside the graph, as the scale or the shift of a branch, has the name of a module's
/// own; one without axes may as well be of a formula.
bool is_number_of_a_module(std::string_view name, const at::Tensor& value);

}  // namespace shatterproof
