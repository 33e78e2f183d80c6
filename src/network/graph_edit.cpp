// SPDX-License-Identifier: Apache-2.0
#include "network/graph_edit.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

namespace shatterproof {
namespace {

std::set<std::string> read_by(const std::vector<Node>& nodes, const std::vector<std::string>& outputs) {
  std::set<std::string> read(outputs.begin(), outputs.end());
  for (const Node& node : nodes) read.insert(node.inputs.begin(), node.inputs.end());
  return read;
}

}  // namespace

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

std::string GraphEdit::fresh_name(const std::string& stem) {
  while (true) {
    const int number = names_[stem]++;
    const std::string name = number == 0 ? stem : fmt::format("{}_{}", stem, number);
    if (!network_.has_value(name)) return name;
  }
}

std::string GraphEdit::parameter(const std::string& stem, const at::Tensor& value, bool trainable) {
  const std::string name = fresh_name(stem);
  parameters_.push_back({name, value.to(at::kFloat), trainable, ""});
  return name;
}

Node GraphEdit::node(const char* op, const std::string& stem, std::vector<std::string> inputs) {
  Node node;
  node.op = op;
  node.name = fresh_name(stem);
  node.inputs = std::move(inputs);
  node.outputs = {fresh_name(stem + ".out")};
  return node;
}

Node GraphEdit::batch_norm(const std::string& value, int64_t units) {
  const std::string stem = value + ".norm";
  const auto filled = [&](const char* name, double fill, bool trainable) {
    return parameter(stem + "." + name, at::full({units}, fill), trainable);
  };
  const std::string gain = filled("weight", 1, true), shift = filled("bias", 0, true);
  const std::string mean = filled("mean", 0, false), variance = filled("variance", 1, false);
  Node norm = node("BatchNormalization", stem, {value, gain, shift, mean, variance});
  norm.attributes = {{"epsilon", 1e-5}};
  return norm;
}

const std::string& GraphEdit::read_as(const std::string& value) const {
  const auto renamed = renamed_.find(value);
  return renamed == renamed_.end() ? value : renamed->second;
}

std::vector<Node> GraphEdit::nodes() const {
  std::vector<Node> nodes;
  const auto insert = [&](const std::map<size_t, std::vector<Node>>& inserted, size_t at) {
    const auto found = inserted.find(at);
    if (found != inserted.end()) nodes.insert(nodes.end(), found->second.begin(), found->second.end());
  };
  for (size_t i = 0; i < network_.nodes().size(); ++i) {
    insert(before_, i);
    if (removed_.contains(i)) continue;
    const auto other = replaced_.find(i);
    Node& node = nodes.emplace_back(other == replaced_.end() ? network_.nodes()[i] : other->second);
    for (std::string& input : node.inputs) {
      const auto own = redirected_.find({i, input});
      input = own == redirected_.end() ? read_as(input) : own->second;
    }
    insert(after_, i);
  }
  return nodes;
}

Network GraphEdit::result() const {
  const std::vector<Node> edited = nodes();
  const std::set<std::string> before = read_by(network_.nodes(), network_.outputs());
  const std::set<std::string> now = read_by(edited, network_.outputs());
  Network network(network_.name());
  for (const Input& input : network_.inputs()) network.add_input(input);
  for (const Parameter& parameter : network_.parameters()) {
    if (now.contains(parameter.name) || !before.contains(parameter.name)) network.add_parameter(parameter);
  }
  for (const Parameter& parameter : parameters_) network.add_parameter(parameter);
  for (const Node& node : edited) network.add_node(node);
  for (const std::string& output : network_.outputs()) network.add_output(read_as(output));
  return network;
}

}  // namespace shatterproof
