// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>

#include "shatterproof/initializer/provenance.h"
#include "shatterproof/network/layer.h"

namespace shatterproof {

/// What the graph uses a parameter for.
struct ParameterUse {
  ParameterRole role = ParameterRole::other;
  const Layer* layer = nullptr;  ///< of a weight or a bias
};

/// Of every parameter that a layer, a normalization or a lookup reads; `structure` must outlive it.
std::map<std::string, ParameterUse> parameter_uses(const Network& network, const Structure& structure);

/// Stored means and variances of normalizations.
struct StoredStatistics {
  std::set<std::string> means, variances;
};
StoredStatistics stored_statistics(const Network& network);

}  // namespace shatterproof
