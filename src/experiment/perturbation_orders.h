// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "experiment/interpreter.h"

namespace shatterproof {

/// A value of a trained network as a sum over how many changes of weights it has passed.
///
///   value = sum_k parts[k]
///
/// A parameter has its initial value as part 0 and its change as part 1, an input only part 0.
struct Expansion {
  at::Tensor value;
  std::vector<at::Tensor> parts;  ///< empty when the value is no floating-point number, or cannot be resolved
  std::string obstacle;           ///< why it cannot, naming the node
  bool of_input = false;

  /// Part `order`, zeros beyond the last; the value itself when it is no floating-point number.
  at::Tensor part(size_t order) const;
};

/// A node on its way: its inputs resolved, its outputs evaluated.
struct ExpandedNode {
  const Interpreter& graph;
  size_t index;
  std::vector<Expansion> inputs;
  std::vector<at::Tensor> outputs;

  const Node& node() const { return graph.network().nodes()[index]; }
};

/// Parts of the node's outputs, by the rule of its operator.
///
/// Linear maps carry every part, those with weights W = W_0 + W' as h^(k) = W_0 a^(k) + W' a^(k-1);
/// nonlinearities with phi(0) = 0 multiply all parts by the secant phi(y)/y (0 at y = 0); normalizations
/// subtract each part's mean and divide by the scale of the whole; MaxPool picks the places of the whole.
/// Nothing else has a rule: its outputs have an obstacle.
std::vector<Expansion> ordered_outputs(const ExpandedNode& at);

}  // namespace shatterproof
