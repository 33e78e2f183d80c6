// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "shatterproof/network/network.h"

namespace shatterproof {

/// A part of a network that runs once per step of a sequence: a direction of a recurrent node, or a cell that
/// the graph shows step by step.
struct Recurrence {
  std::string name;  ///< of the node, ".reverse" appended to its second direction; of the shared weight
  std::string cell;  ///< "RNN", "GRU" or "LSTM"; "unrolled" for a cell shown step by step
  /// The recurrent node; of an unrolled cell the products of its states with the shared weight, a node per
  /// step, the first step first.
  std::vector<size_t> nodes;
  int64_t direction = 0;    ///< which of the node's directions
  bool is_reverse = false;  ///< whether the end of the sequence is its first step
  std::string weight;  ///< the recurrent weight: a parameter, all directions and gates of a node together
  std::string bias;    ///< a node's bias, likewise; empty when it has none

  bool is_unrolled() const { return cell == "unrolled"; }
};

/// Every recurrence, in topological order of first nodes.
///
/// A cell is shown step by step where three or more linear nodes multiply by one weight, or by copies of it
/// with the same numbers (exporters write a transposed weight once per step), each of what depends on the one
/// before. None are weights shared between parallel branches, constant matrices in front, as of a graph, and
/// steps that are all given the same, as on the way to a fixed point. O(nodes) per shared weight.
std::vector<Recurrence> recurrences(const Network& network);

}  // namespace shatterproof
