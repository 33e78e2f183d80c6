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

/// What enters the nonlinearity of a layer, for two independent inputs of unit mean square.
struct SignalLayer {
  double length = 0;       ///< q_l, mean square over units and networks
  double correlation = 0;  ///< c_l of the two inputs
  double chi = 0;          ///< what the squared gradient is multiplied by on its way back through the layer
};

/// From the first layer to the last, infinite width:
///
///   q_1 = sigma_w^2 + sigma_b^2,   c_1 = sigma_b^2 / q_1,   q and c then by length_map and correlation_map
///   chi_l = sigma_w^2 E phi'(sqrt(q_l) z)^2
///
/// Poole et al. (2016), Schoenholz et al. (2017). Cost: a double integral for each layer until the
/// correlation stays.
std::vector<SignalLayer> follow_signal(const Nonlinearity& phi, const SignalStack& stack);

}  // namespace shatterproof
