// SPDX-License-Identifier: Apache-2.0
#include "remedy/graph_edit.h"

#include <fmt/format.h>

namespace shatterproof {

void GraphEdit::redirect(size_t node, const std::string& read, const std::string& value) {
  redirected_[{node, read}] = value;
}

void GraphEdit::redirect_readers(size_t node, const std::string& value) {
  renamed_[network_.nodes()[node].outputs[0]] = value;
}

void GraphEdit::replace(size_t node, Node by) {
  replaced_[node] = std::move(by);
}

void GraphEdit::remove(size_t node) {
  removed_.insert(node);
}

void GraphEdit::insert_before(size_t node, Node inserted) {
  before_[node].push_back(std::move(inserted));
}

void GraphEdit::insert_after(size_t node, Node inserted) {
  after_[node].push_back(std::move(inserted));
}

void GraphEdit::add_parameter(Parameter parameter) {
  parameters_.push_back(std::move(parameter));
}

std::string GraphEdit::fresh_name(const std::string& stem) {
  while (true) {
    const int number = names_[stem]++;
    const std::string name = number == 0 ? stem : fmt::format("{}_{}", stem, number);
    if (!network_.has_value(name)) return name;
  }
}

const std::string& GraphEdit::read_as(const std::string& value) const {
  const auto renamed = renamed_.find(value);
  return renamed == renamed_.end() ? value : renamed->second;
}

Network GraphEdit::result() const {
  Network network(network_.name());
  for (const Input& input : network_.inputs()) network.add_input(input);
  for (const Parameter& parameter : network_.parameters()) network.add_parameter(parameter);
  for (const Parameter& parameter : parameters_) network.add_parameter(parameter);
  const auto insert = [&](const std::map<size_t, std::vector<Node>>& nodes, size_t at) {
    const auto found = nodes.find(at);
    if (found == nodes.end()) return;
    for (const Node& node : found->second) network.add_node(node);
  };
  for (size_t i = 0; i < network_.nodes().size(); ++i) {
    insert(before_, i);
    if (removed_.contains(i)) continue;
    const auto other = replaced_.find(i);
    Node node = other == replaced_.end() ? network_.nodes()[i] : other->second;
    for (std::string& input : node.inputs) {
      const auto own = redirected_.find({i, input});
      input = own == redirected_.end() ? read_as(input) : own->second;
    }
    network.add_node(std::move(node));
    insert(after_, i);
  }
  for (const std::string& output : network_.outputs()) network.add_output(read_as(output));
  return network;
}

}  // namespace shatterproof
