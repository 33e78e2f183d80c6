// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "shatterproof/network/network.h"

namespace shatterproof {

/// A network being rewritten: nodes inserted, inputs of nodes redirected, everything else kept.
class GraphEdit {
 public:
  explicit GraphEdit(const Network& network) : network_(network) {}

  /// The node reads `value` at that input.
  void redirect(size_t node, size_t input, const std::string& value);
  /// Everybody who reads the node's first output, the network's outputs too, reads `value` instead, but for what
  /// is inserted.
  void redirect_readers(size_t node, const std::string& value);
  void insert_before(size_t node, Node inserted);
  void insert_after(size_t node, Node inserted);
  void add_parameter(Parameter parameter);
  /// A value name that nobody has, beginning with `stem`.
  std::string fresh_name(const std::string& stem);

  /// What readers of the value read now.
  const std::string& read_as(const std::string& value) const;
  bool is_changed() const { return !redirected_.empty() || !renamed_.empty(); }
  Network result() const;

 private:
  const Network& network_;
  std::map<std::pair<size_t, size_t>, std::string> redirected_;
  std::map<std::string, std::string> renamed_;
  std::map<size_t, std::vector<Node>> before_, after_;
  std::vector<Parameter> parameters_;
  std::map<std::string, int> names_;
};

}  // namespace shatterproof
