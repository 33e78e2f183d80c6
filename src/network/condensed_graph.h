// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "shatterproof/network/composite.h"
#include "shatterproof/network/network.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {

/// A network whose composites are one node each, at the place of the node that leaves: what layers, sums and
/// depth are read from. Nodes within a composite have no consumers and no role in it.
class CondensedGraph {
 public:
  CondensedGraph(const Network& network, const std::vector<Composite>& composites);

  const Network& network;
  std::vector<OperatorRole> roles;
  std::vector<std::vector<size_t>> consumers;  ///< each once
  std::vector<bool> depends;                   ///< per node, those within composites too
  std::vector<bool> is_inner;                  ///< in a composite, and not the node that leaves

  bool depends_on_input(const std::string& value) const;
  /// What enters the node: of a composite the values that enter that.
  const std::vector<std::string>& inputs(size_t node) const;
  /// Positions in `inputs` of what depends on the network's input.
  std::vector<size_t> dependent_inputs(size_t node) const;
  /// The node that gives the value, a composite's inner values by the node that leaves; -1: none.
  int64_t producer(const std::string& value) const;
  const Composite* composite_at(size_t node) const;
  bool is_composite(size_t node) const { return composite_at(node) != nullptr; }
  /// Whether a value passes the node without meeting weights or a nonlinearity.
  bool is_transparent(size_t node) const;

 private:
  std::vector<const Composite*> owner_;  // per node
};

}  // namespace shatterproof
