// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "shatterproof/initializer/weight.h"
#include "shatterproof/network/layer.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

/// How mirrored weights make a network linear, and where it stays nonlinear nevertheless.
struct Linearity {
  struct Obstacle {
    std::string reason;              ///< one line for the coverage
    std::vector<std::string> nodes;  ///< their names, in topological order
  };
  std::map<std::string, Mirror> mirrors;  ///< per weight that a layer draws
  std::vector<Obstacle> obstacles;        ///< in order of appearance; behind one it goes on as if linear
};

/// Follows every value from the inputs: is it an affine function of them, is its second half along the
/// channels the first one negated, has a rectifier split it into (rho(z), rho(-z))? A layer whose output
/// enters a plain rectifier makes the second, one that reads the third makes the first of it. PReLU slopes
/// that train count as 1. `is_drawn(weight)`: whether the scheme may choose that weight. O(nodes).
Linearity linearity(const Network& network, const Structure& structure,
                    const std::function<bool(const std::string&)>& is_drawn);

}  // namespace shatterproof
