// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "shatterproof/theory/mean_field.h"

namespace shatterproof {

/// Layers x_l = phi(W_l x_{l-1} + b_l) that all have one width but for the input.
struct SignalStack {
  DrawVariances first, hidden;  ///< of the first layer, of those behind it
  int64_t layers = 1;
};

/// What enters the nonlinearity of a layer, for inputs of unit mean square.
struct SignalLayer {
  double length = 0;  ///< q_l, mean square over units and networks
  double chi = 0;     ///< what the squared gradient is multiplied by on its way back through the layer
};

/// From the first layer to the last, infinite width:
///
///   q_1 = sigma_w^2 + sigma_b^2, then by length_map;   chi_l = sigma_w^2 E phi'(sqrt(q_l) z)^2
///
/// Poole et al. (2016), Schoenholz et al. (2017).
std::vector<SignalLayer> follow_signal(const Nonlinearity& phi, const SignalStack& stack);

/// How far apart two independent inputs are in what enters each of these layers, d_l = q_l (1 - c_l), half of
/// their mean squared difference: from d_1 = sigma_w^2, c by correlation_map; below 1e-8 of q_l, where
/// rounding would decide, by d_{l+1} = sigma_w^2 E phi'(sqrt(q_l) z)^2 d_l. Cost: a double integral for each
/// layer until nothing changes any more.
std::vector<double> follow_distance(const Nonlinearity& phi, const SignalStack& stack,
                                    const std::vector<SignalLayer>& layers);

}  // namespace shatterproof
