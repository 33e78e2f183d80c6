// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "network/patterns/constants.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

/// What the recognizers share: the network, what is constant in it, who reads what, and the nodes taken.
struct PatternGraph {
  explicit PatternGraph(const Network& network);

  const Network& network;
  Constants constants;
  std::vector<std::vector<size_t>>
      readers;                  ///< per node: nodes that read an output for its numbers, each once
  std::vector<bool> is_output;  ///< per node: whether an output of the network
  std::vector<bool> taken;      ///< per node: by a composite

  const Node& node(size_t index) const { return network.nodes()[index]; }
  /// The node that makes the value, or -1 (as -1 for what no input changes).
  int64_t maker(const std::string& value) const;
  /// Inputs whose numbers vary and matter; each value once.
  std::vector<std::string> varying_inputs(size_t index) const;
  /// The only node that reads the node's output, when that is no output of the network.
  std::optional<size_t> only_reader(size_t index) const;
};

/// Nodes through which all that reaches `exit` from `entry` passes: one value in, one out.
struct Region {
  std::string entry;
  std::vector<size_t> nodes;  ///< ascending; the last is the exit
  size_t exit() const { return nodes.back(); }
};

/// Calls `visit` for the regions that end at `exit`, the smallest first, of nodes that `may_contain` allows
/// and none that is taken; until it returns false.
void each_region(const PatternGraph& graph, size_t exit, const std::function<bool(size_t)>& may_contain,
                 const std::function<bool(const Region&)>& visit);

/// Whether nothing outside reads what lies within.
bool is_closed(const PatternGraph& graph, const Region& region);

/// The exit's value when the entry's is `entering`, in double; constants of more than one number stand for
/// their first when `of_first_numbers`. Nothing where a constant is not known or an operator refuses.
std::optional<at::Tensor> evaluate_region(const PatternGraph& graph, const Region& region,
                                          const at::Tensor& entering, bool of_first_numbers);

/// Whether some node of the region reads two values that vary.
bool has_join(const PatternGraph& graph, const Region& region);

/// A node that scales, shifts, casts or copies its one varying input.
bool is_affine(const PatternGraph& graph, size_t node);

/// Operators that take numbers one by one, comparisons among them.
bool is_elementwise(const std::string& op);

}  // namespace shatterproof
