// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "shatterproof/network/network.h"

namespace shatterproof {

/// A network being rewritten: nodes inserted, inputs of nodes redirected, everything else kept.
class GraphEdit {
 public:
  explicit GraphEdit(const Network& network) : network_(network) {}

  /// The node reads `value` wherever it read `read`.
  void redirect(size_t node, const std::string& read, const std::string& value);
  /// Everybody who reads the node's first output, the network's outputs too, reads `value` instead, but for
  /// what is inserted.
  void redirect_readers(size_t node, const std::string& value);
  /// Another node with the same outputs.
  void replace(size_t node, Node by);
  /// Of what nobody reads any more.
  void remove(size_t node);
  void insert_before(size_t node, Node inserted);
  void insert_after(size_t node, Node inserted);
  /// A value name that nobody has, beginning with `stem`.
  std::string fresh_name(const std::string& stem);
  /// Adds a parameter in single precision under a fresh name, which it returns.
  std::string parameter(const std::string& stem, const at::Tensor& value, bool trainable = false);
  /// A node to be inserted, under fresh names.
  Node node(const char* op, const std::string& stem, std::vector<std::string> inputs);
  /// A batch norm of the value, shape (N, units, ...), as a framework makes it: gain 1, shift 0, statistics 0
  /// and 1.
  Node batch_norm(const std::string& value, int64_t units);

  /// What readers of the value read now.
  const std::string& read_as(const std::string& value) const;
  bool is_changed() const { return !redirected_.empty() || !renamed_.empty() || !replaced_.empty(); }
  /// Without the parameters that were read and are no more.
  Network result() const;

 private:
  std::vector<Node> nodes() const;

  const Network& network_;
  std::map<std::pair<size_t, std::string>, std::string> redirected_;
  std::map<std::string, std::string> renamed_;
  std::map<size_t, Node> replaced_;
  std::set<size_t> removed_;
  std::map<size_t, std::vector<Node>> before_, after_;
  std::vector<Parameter> parameters_;
  std::map<std::string, int> names_;
};

}  // namespace shatterproof
