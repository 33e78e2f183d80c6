// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace shatterproof {

/// The shape of a network, for those who draw it: the nodes that an input reaches, in topological order.
struct GraphRecord {
  struct Node {
    std::string name;
    std::string op;                 ///< operator; "Input" for an input
    int depth = 0;                  ///< nonlinearities from the input up to and including it
    int layer = 0;                  ///< of a linear map, or the bias added to one: its layer, from 1; else 0
    std::vector<std::string> taps;  ///< where readings are made on its output
  };
  /// `to` reads what `from` makes; both are positions among the nodes.
  struct Edge {
    int64_t from = 0;
    int64_t to = 0;
    bool skip = false;  ///< carries the skip into a residual sum
  };

  std::string case_name;
  std::vector<Node> nodes;
  std::vector<Edge> edges;
};

}  // namespace shatterproof
