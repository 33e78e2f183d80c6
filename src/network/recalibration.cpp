// SPDX-License-Identifier: Apache-2.0
#include "network/recalibration.h"

#include <optional>
#include <set>
#include <string>

namespace shatterproof {
namespace {

bool pools_all(const Node& node) {
  static const std::set<std::string> kOps = {"GlobalAveragePool", "GlobalMaxPool", "ReduceMean", "ReduceMax",
                                             "ReduceSum"};
  return kOps.contains(node.op);
}

// The nodes behind `scale`, back to poolings of `value`; nothing where a way leads past them.
std::optional<std::set<size_t>> made_of_summary(const Network& network, const Structure& structure,
                                                const std::string& scale, const std::string& value) {
  constexpr size_t kMostNodes = 64;
  std::set<size_t> between;
  std::set<std::string> open = {scale};
  bool any_pooling = false;
  while (!open.empty()) {
    const std::string name = *open.begin();
    open.erase(open.begin());
    const int64_t from = network.producer(name);
    if (from < 0) {
      if (network.find_parameter(name)) continue;
      return {};
    }
    const auto node = static_cast<size_t>(from);
    if (!structure.depends_on_input[node]) continue;
    if (name == value || between.size() > kMostNodes) return {};
    const Node& at = network.nodes()[node];
    if (pools_all(at) && at.inputs[0] == value) {
      any_pooling = true;
    } else if (between.insert(node).second) {
      open.insert(at.inputs.begin(), at.inputs.end());
      open.erase("");
    }
  }
  if (!any_pooling) return {};
  return between;
}

}  // namespace

std::vector<bool> recalibrating_nodes(const Network& network, const Structure& structure) {
  std::vector<bool> found(network.nodes().size());
  for (size_t i = 0; i < found.size(); ++i) {
    const Node& product = network.nodes()[i];
    if (product.op != "Mul" || !structure.depends_on_input[i]) continue;
    for (const size_t scale : {size_t{0}, size_t{1}}) {
      const auto between =
          made_of_summary(network, structure, product.inputs[scale], product.inputs[1 - scale]);
      if (!between) continue;
      for (const size_t node : *between) found[node] = true;
    }
  }
  return found;
}

}  // namespace shatterproof
