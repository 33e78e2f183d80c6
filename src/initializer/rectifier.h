// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "shatterproof/network/layer.h"

namespace shatterproof {

/// Whether the node's nonlinearity is a Relu, LeakyRelu or PRelu, as one node or written out.
bool is_rectifier(const Network& network, const Structure& structure, const std::optional<size_t>& node);

/// The g of rho(z) - rho(-z) = g z of the node's nonlinearity, when it has one that is not 0.
std::optional<double> mirror_gain(const Network& network, const Structure& structure, size_t node);

/// Whether the node is a PRelu whose slope trains, which a scheme that mirrors sets to 1.
bool is_linear_prelu(const Network& network, const Node& node);

}  // namespace shatterproof
