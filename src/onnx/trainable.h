// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <unordered_set>

#include "shatterproof/network/network.h"

namespace shatterproof {

/// Parameters that reach a weight or bias slot of some node: what training would change.
///
/// Slots are the weights and biases of Conv, Gemm and MatMul, scales and biases of normalizations, slopes of
/// PRelu, tables of Gather indexed by data, and a parameter added to or multiplied with what has already met
/// a layer (a bias, a position embedding, the gain of a normalization written out). Masks, single numbers and
/// the arithmetic that prepares raw inputs are not.
std::unordered_set<std::string> trainable_parameters(const Network& network);

}  // namespace shatterproof
