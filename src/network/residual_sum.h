// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "network/condensed_graph.h"
#include "shatterproof/network/layer.h"

namespace shatterproof {

/// The sums of `Structure::residual_sums`; `weights` names per node the weights of the layers there.
std::vector<ResidualSum> residual_sums(const CondensedGraph& graph,
                                       const std::vector<std::vector<std::string>>& weights);

}  // namespace shatterproof
