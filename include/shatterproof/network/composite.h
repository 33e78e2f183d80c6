// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shatterproof {

class Network;

/// What several nodes that belong together are.
enum class CompositeRole {
  nonlinearity,   ///< a function of every number of one value; has one pre-activation
  normalization,  ///< what it gives out does not change when what enters is scaled
  attention,      ///< softmax(scores + mask) times values, or the softmax alone
  gate,    ///< a product of two values of which one has passed a nonlinearity, or the largest of several
  weight,  ///< makes a layer's weight of parameters
};
std::string_view to_string(CompositeRole role);

/// Nodes that together do what one operator does, whoever wrote the file.
///
/// Nothing is computed, run or exported differently for it: it says how the nodes are to be read. A node
/// belongs to at most one composite.
struct Composite {
  std::string pattern;  ///< the row of `patterns()` that it matches
  CompositeRole role = CompositeRole::nonlinearity;
  std::string op;                   ///< the operator it stands for: "Gelu", "LayerNormalization", "Attention"
  std::vector<size_t> nodes;        ///< ascending
  std::vector<std::string> inputs;  ///< values that enter; of a nonlinearity the pre-activation alone
  size_t output = 0;                ///< the node whose output leaves, the last of `nodes`
  std::map<std::string, double>
      numbers;  ///< what the constants say: the alpha of an "Elu", the axis of a norm
  std::map<std::string, std::string> values;  ///< named values within: scores, probabilities, scale, bias
};

/// One row of the table of patterns: all that is said of a pattern.
struct PatternRecord {
  std::string name;
  CompositeRole role;
  std::string op;
  std::string sentence;
  std::string picture;  ///< how values go through the nodes, in ASCII
};

/// Every pattern. No other list of them exists.
std::span<const PatternRecord> patterns();
/// The record named `name`, or nullptr.
const PatternRecord* find_pattern(std::string_view name);

/// The composites of a network, by the node that leaves.
///
/// Activations are known by what they compute, not by how they are written: of every stretch of nodes that
/// is a function of one value's numbers alone, that function is compared with those of the table, to the
/// rounding of constants in half precision. Norms likewise by what they do to a value that is scaled and
/// shifted. O(nodes), a few microseconds for each that may belong to one.
std::vector<Composite> composites(const Network& network);

}  // namespace shatterproof
