// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "shatterproof/network/layer.h"

namespace shatterproof {

/// How far a weight that nodes compute became what a scheme drew.
struct ComputedDraw {
  bool drawn = false;
  std::string shortfall;  ///< for the coverage; empty when the weight that multiplies is the one drawn
};

/// Sets the parameters of a layer's computed weight so that the weight that multiplies is `wanted`, given in
/// the layout of the parameter `layer.weight`: the direction and the magnitude of weight normalization, the
/// base of base + B A, the parameter of one that constants scale. What spectral normalization and weight
/// standardization make of it, their parameters consistent, where they leave no freedom. Leaves the network
/// alone, and says so, where no parameter of the weight's shape is found.
ComputedDraw set_computed_weight(Network& network, const Structure& structure, const Layer& layer,
                                 const at::Tensor& wanted);

}  // namespace shatterproof
