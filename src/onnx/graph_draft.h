// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "shatterproof/network/network.h"

namespace shatterproof {

using Values = std::unordered_map<std::string, at::Tensor>;

/// A network being put together: everything may still change, nothing is checked by itself.
struct GraphDraft {
  std::string name;
  std::vector<Input> inputs;
  std::vector<std::string> outputs;
  std::vector<Node> nodes;
  Values constants;
  std::vector<std::string> constant_order;  ///< names in the order they came
  /// Constants that the file writes as numbers within the graph (`Constant` nodes and what is computed from
  /// them), not as weights beside it.
  std::unordered_set<std::string> literals;
  /// Per input and axis the name of a size left free, or empty.
  std::unordered_map<std::string, std::vector<std::string>> axis_names;

  void add_constant(const std::string& value, at::Tensor tensor);
  /// `name`, lengthened until no input, constant or node output has it.
  std::string fresh_name(std::string name) const;
};

/// "node 'name' (Operator)", safe to print.
std::string title(const Node& node);

GraphDraft draft_of(const Network& network);
/// Nodes must be sorted. Throws what Network's own checks throw.
Network network_of(const GraphDraft& draft);

/// Throws std::invalid_argument on a value with two producers.
void check_one_producer(const GraphDraft& draft);
/// Gives every node a name of its own: "op_index" where it has none.
void name_nodes(GraphDraft& draft);
/// Removes nodes that reach no output, and optional outputs nobody reads. Returns how many nodes went.
int64_t drop_dead_nodes(GraphDraft& draft);
/// Removes constants that no node reads and no output names.
void drop_unused_constants(GraphDraft& draft);
/// Puts nodes in topological order, keeping the file's order where it is one. Throws std::invalid_argument on
/// a value that nothing produces and on cycles. Every value must have at most one producer.
void sort_nodes(GraphDraft& draft);
/// Throws std::invalid_argument unless every node's operator is supported and has as many inputs as it
/// allows.
void check_operators(const GraphDraft& draft);
/// Values whose numbers depend on an input; sizes taken by Shape do not count. Nodes must be sorted.
std::unordered_set<std::string> data_dependent_values(const GraphDraft& draft);

}  // namespace shatterproof
