// SPDX-License-Identifier: Apache-2.0
#include "train/derivative_stop.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

bool is_differentiable(const Node& node) {
  return operator_of(node).differentiable;
}

bool reads_any(const Node& node, const std::set<std::string>& values) {
  return std::any_of(node.inputs.begin(), node.inputs.end(),
                     [&](const std::string& input) { return values.contains(input); });
}

// Values from which derivatives lead to an output.
std::set<std::string> differentiated(const Network& network) {
  std::set<std::string> values(network.outputs().begin(), network.outputs().end());
  for (auto node = network.nodes().rbegin(); node != network.nodes().rend(); ++node) {
    const bool leads = std::any_of(node->outputs.begin(), node->outputs.end(),
                                   [&](const std::string& output) { return values.contains(output); });
    if (leads && is_differentiable(*node)) values.insert(node->inputs.begin(), node->inputs.end());
  }
  return values;
}

}  // namespace

std::optional<std::string> derivative_stop(const Network& network, const std::string& parameter) {
  if (differentiated(network).contains(parameter)) return {};
  std::set<std::string> behind = {parameter};
  for (const Node& node : network.nodes()) {
    if (!reads_any(node, behind)) continue;
    if (!is_differentiable(node))
      return fmt::format("{} ({})", node.name.empty() ? node.outputs[0] : node.name, node.op);
    behind.insert(node.outputs.begin(), node.outputs.end());
  }
  return {};
}

}  // namespace shatterproof
