// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/check.h"

#include <unordered_map>

#include "shatterproof/network/layer.h"
#include "shatterproof/run/taps.h"

namespace shatterproof {
namespace {

// Positions among the record's nodes of what makes each value.
using Makers = std::unordered_map<std::string, int64_t>;

bool is_skip(const Structure& structure, size_t node, size_t input) {
  for (const ResidualSum& sum : structure.residual_sums) {
    if (sum.node == node) return sum.skip == input;
  }
  return false;
}

void add_edges(const Network& network, const Structure& structure, size_t node, const Makers& makers,
               GraphRecord& graph) {
  const std::vector<std::string>& inputs = network.nodes()[node].inputs;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const auto maker = makers.find(inputs[i]);
    if (maker == makers.end()) continue;
    const auto self = static_cast<int64_t>(graph.nodes.size()) - 1;
    graph.edges.push_back({maker->second, self, is_skip(structure, node, i)});
  }
}

std::vector<int> layer_of_nodes(const Network& network, const Structure& structure) {
  std::vector<int> layers(network.nodes().size(), 0);
  for (size_t i = 0; i < structure.layers.size(); ++i) {
    layers[structure.layers[i].node] = static_cast<int>(i) + 1;
    layers[structure.layers[i].output] = static_cast<int>(i) + 1;
  }
  return layers;
}

}  // namespace

GraphRecord graph_record(const Network& network) {
  const Structure shape = structure(network);
  const std::vector<int> layers = layer_of_nodes(network, shape);
  std::vector<int64_t> position(network.nodes().size(), -1);
  GraphRecord graph;
  Makers makers;
  for (const Input& input : network.inputs()) {
    makers[input.name] = static_cast<int64_t>(graph.nodes.size());
    graph.nodes.push_back({input.name, "Input", 0, 0, {}});
  }
  for (size_t i = 0; i < network.nodes().size(); ++i) {
    if (!shape.depends_on_input[i]) continue;
    const Node& node = network.nodes()[i];
    position[i] = static_cast<int64_t>(graph.nodes.size());
    graph.nodes.push_back({node.title(), node.op, shape.depth[i], layers[i], {}});
    add_edges(network, shape, i, makers, graph);
    for (const std::string& output : node.outputs) makers[output] = position[i];
  }
  for (const Tap& tap : taps_of(network, shape)) {
    const auto input = tap.kind == TapKind::input ? makers.find(tap.name) : makers.end();
    const int64_t place = input != makers.end() ? input->second : position[tap.node];
    if (place >= 0) graph.nodes[static_cast<size_t>(place)].taps.push_back(tap.name);
  }
  return graph;
}

}  // namespace shatterproof
