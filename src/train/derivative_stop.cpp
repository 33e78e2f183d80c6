// SPDX-License-Identifier: Apache-2.0
#include "train/derivative_stop.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <vector>

#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

bool is_differentiable(const Node& node) {
  return operator_of(node).differentiable;
}

// Sizes say nothing of the numbers, so that no gradient is missed behind them.
bool reads_numbers(const Node& node) {
  return node.op != "Shape" && node.op != "Size";
}

bool any_in(const std::vector<std::string>& names, const std::set<std::string>& values) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return values.contains(name); });
}

// An empty name is an optional value left out, and no value that nodes share.
void add(const std::vector<std::string>& names, std::set<std::string>& values) {
  std::copy_if(names.begin(), names.end(), std::inserter(values, values.end()),
               [](const std::string& name) { return !name.empty(); });
}

// Values from which nodes that `pass` lead to an output.
std::set<std::string> values_before_outputs(const Network& network, bool (*pass)(const Node&)) {
  std::set<std::string> values;
  add(network.outputs(), values);
  for (auto node = network.nodes().rbegin(); node != network.nodes().rend(); ++node) {
    if (any_in(node->outputs, values) && pass(*node)) add(node->inputs, values);
  }
  return values;
}

}  // namespace

std::optional<std::string> derivative_stop(const Network& network, const std::string& parameter) {
  if (values_before_outputs(network, is_differentiable).contains(parameter)) return {};
  const std::set<std::string> before_outputs = values_before_outputs(network, reads_numbers);
  std::set<std::string> behind = {parameter};
  for (const Node& node : network.nodes()) {
    if (!reads_numbers(node) || !any_in(node.inputs, behind) || !any_in(node.outputs, before_outputs))
      continue;
    if (!is_differentiable(node)) return fmt::format("{} ({})", node.title(), node.op);
    add(node.outputs, behind);
  }
  return {};
}

}  // namespace shatterproof
