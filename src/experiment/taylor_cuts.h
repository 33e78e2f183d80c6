// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "experiment/interpreter.h"

namespace shatterproof {

/// A place where one value is all that passes on, and what reaches it from layers expanded about theta_0.
struct TaylorCuts {
  int64_t remaining = 0;  ///< layers behind it
  size_t next = 0;        ///< the first node behind it
  std::string name;       ///< of the value
  at::Tensor initial;     ///< the value with theta_0
  at::Tensor change;      ///< its derivative in the direction theta - theta_0
  NamedTensors fixed;     ///< what else is read behind it, and is no floating-point number
};

/// The last cut behind every number of layers that has one, before the next linear map: a layer's norm and
/// nonlinearity lie before it and are expanded with its map. Behind the last map the first one. The input
/// itself, or what is made of it without weights, is the first.
///
/// One forward-mode pass over the batch. Throws std::invalid_argument naming the node where an operator has
/// no forward derivative. One caller at a time gets through: LibTorch has one level of dual numbers.
std::vector<TaylorCuts> taylor_cuts(const Interpreter& graph, const Network& initial, const Batch& batch);

/// The network's outputs with this value at the cut and the graph's own weights behind it.
std::vector<at::Tensor> outputs_behind(const Interpreter& graph, const TaylorCuts& cut,
                                       const at::Tensor& value);

}  // namespace shatterproof
