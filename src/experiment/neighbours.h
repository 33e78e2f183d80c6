// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

// The numbers of a network's inputs on their way: what asks for sizes or compares does not pass them on. The
// network must outlive it.
class InputFlow {
 public:
  explicit InputFlow(const Network& graph);

  bool varies(const std::string& value) const;

  // Per node: whether it lies on the way back from a node to those that are ends, or to inputs.
  std::vector<bool> way_back(size_t start, const std::vector<bool>& is_end) const;

  // The input that a value is, but for how it is held.
  std::optional<std::string> as_input(std::string value) const;

  // The inputs whose numbers decide it; what compares them counts, what asks for their sizes does not.
  std::set<std::string> inputs_of(const std::string& value) const;

 private:
  bool is_input(const std::string& value) const;

  const Network& graph_;
  std::vector<bool> varies_;  // per node
};

// What says who is whose neighbour: inputs that are a number for each pair of examples, whole numbers, and
// what is computed of these and of parameters alone. The flow must outlive it.
class Neighbours {
 public:
  Neighbours(const Network& graph, const InputFlow& flow, const Batch& batch);

  // Whether examples meet at a node as such a thing says.
  bool join_at(const Node& node) const;

  // Takes or adds up examples along axis 0 where given indices say.
  bool moves_by_indices(const Node& node) const;

 private:
  bool multiplies_by_matrix(const Node& node) const;
  bool is_of_matrices(const Node& node) const;
  bool are_matrices(const std::set<std::string>& inputs) const;

  const InputFlow& flow_;
  std::set<std::string> matrices_, whole_;  // inputs
  std::set<std::string> single_;            // parameters of one number, as a step's place
  size_t inputs_ = 0;
};

}  // namespace shatterproof
