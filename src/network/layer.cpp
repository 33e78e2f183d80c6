// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/network/layer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <unordered_map>

#include "network/weight_layout.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

constexpr std::string_view kWeightSuffix = ".weight";

// Consumers of every node's outputs, roles and dependence: what the passes below share.
struct Graph {
  explicit Graph(const Network& network) : network(network) {
    const size_t count = network.nodes().size();
    roles.reserve(count);
    consumers.resize(count);
    depends.resize(count);
    for (size_t i = 0; i < count; ++i) {
      roles.push_back(operator_of(network.nodes()[i]).role);
      for (const std::string& value : network.nodes()[i].inputs) {
        const int64_t from = network.producer(value);
        if (from >= 0) consumers[static_cast<size_t>(from)].push_back(i);
        if (depends_on_input(value)) depends[i] = true;
      }
      if (roles[i] == OperatorRole::shape) depends[i] = false;
    }
  }

  bool depends_on_input(const std::string& value) const {
    if (value.empty() || network.find_parameter(value)) return false;
    const int64_t from = network.producer(value);
    return from < 0 || depends[static_cast<size_t>(from)];
  }

  std::vector<size_t> dependent_inputs(size_t node) const {
    std::vector<size_t> positions;
    const Node& n = network.nodes()[node];
    for (size_t i = 0; i < n.inputs.size(); ++i) {
      if (depends_on_input(n.inputs[i])) positions.push_back(i);
    }
    return positions;
  }

  // Whether a value passes the node without meeting weights or a nonlinearity.
  bool is_transparent(size_t node) const {
    switch (roles[node]) {
      case OperatorRole::normalization:
      case OperatorRole::movement:
      case OperatorRole::pooling:
      case OperatorRole::sum:
        return true;
      case OperatorRole::arithmetic: {
        // x - mean(x) and x / deviation(x) normalize; a product of two values of the batch is a gate.
        const std::string& op = network.nodes()[node].op;
        return op == "Sub" || op == "Div" || dependent_inputs(node).size() == 1;
      }
      default:
        return false;
    }
  }

  const Network& network;
  std::vector<OperatorRole> roles;
  std::vector<std::vector<size_t>> consumers;
  std::vector<bool> depends;
};

std::string stem(const std::string& weight) {
  return weight.ends_with(kWeightSuffix) ? weight.substr(0, weight.size() - kWeightSuffix.size()) : weight;
}

// The Add or Sum of a parameter with one number per unit that directly follows, if any.
void find_bias(const Graph& graph, Layer& layer) {
  const auto& consumers = graph.consumers[layer.node];
  if (!layer.bias.empty() || consumers.size() != 1 || graph.roles[consumers[0]] != OperatorRole::sum) return;
  const Node& sum = graph.network.nodes()[consumers[0]];
  if (sum.inputs.size() != 2) return;
  for (const std::string& value : sum.inputs) {
    const Parameter* parameter = graph.network.find_parameter(value);
    if (parameter && parameter->value.is_floating_point() && parameter->value.numel() == layer.fan_out) {
      layer.bias = value;
      layer.output = consumers[0];
    }
  }
}

std::optional<Layer> layer_of(const Graph& graph, size_t index, size_t position) {
  const Node& node = graph.network.nodes()[index];
  const Parameter* parameter = graph.network.find_parameter(node.inputs[position]);
  if (!parameter || !parameter->value.is_floating_point() || parameter->value.dim() < 2) return {};
  const std::optional<WeightLayout> layout = weight_layout(node, position, parameter->value.sizes());
  if (!layout) return {};
  Layer layer;
  layer.node = layer.output = index;
  layer.weight = node.inputs[position];
  layer.name = stem(layer.weight);
  layer.kind = layout->kind;
  layer.input_major = layout->input_major;
  layer.fan_in = layout->fan_in;
  layer.fan_out = layout->fan_out;
  // What a recurrent node gives out has passed its own nonlinearities: it has no bias to look for.
  if (layer.kind == LayerKind::recurrent) return layer;
  const size_t bias = 2;
  if (node.inputs.size() > bias && graph.network.find_parameter(node.inputs[bias]))
    layer.bias = node.inputs[bias];
  find_bias(graph, layer);
  return layer;
}

std::vector<Layer> layers_at(const Graph& graph, size_t index) {
  const Node& node = graph.network.nodes()[index];
  if (graph.roles[index] != OperatorRole::linear || node.inputs.size() < 2 || !graph.depends[index])
    return {};
  std::vector<size_t> positions = {graph.depends_on_input(node.inputs[0]) ? size_t{1} : size_t{0}};
  if (is_recurrent(node)) positions = {1, 2};  // what multiplies the input and what the state
  std::vector<Layer> layers;
  for (const size_t position : positions) {
    if (auto layer = layer_of(graph, index, position)) layers.push_back(std::move(*layer));
  }
  return layers;
}

// The sum at whose branch a value ends that a nonlinearity made, gated or not, before it meets weights or
// another nonlinearity.
std::optional<size_t> sum_after(const Graph& graph, const std::vector<ResidualSum>& sums,
                                size_t nonlinearity) {
  std::set<size_t> front = {nonlinearity};
  while (!front.empty()) {
    const size_t from = *front.begin();
    front.erase(front.begin());
    for (const size_t to : graph.consumers[from]) {
      const auto sum =
          std::find_if(sums.begin(), sums.end(), [&](const ResidualSum& s) { return s.node == to; });
      if (sum != sums.end()) {
        const std::string& branch = graph.network.nodes()[to].inputs[sum->branch];
        if (graph.network.producer(branch) == static_cast<int64_t>(from))
          return static_cast<size_t>(sum - sums.begin());
      } else if (graph.is_transparent(to) || graph.roles[to] == OperatorRole::arithmetic) {
        front.insert(to);
      }
    }
  }
  return {};
}

// What the layer's output meets, in topological order, up to the first nonlinearity.
void find_successors(const Graph& graph, const std::vector<ResidualSum>& sums, Layer& layer) {
  std::set<size_t> front(graph.consumers[layer.output].begin(), graph.consumers[layer.output].end());
  while (!front.empty()) {
    const size_t node = *front.begin();
    front.erase(front.begin());
    if (graph.roles[node] == OperatorRole::nonlinearity) {
      layer.nonlinearity = node;
      if (!layer.residual_sum) layer.residual_sum = sum_after(graph, sums, node);
      return;
    }
    if (!graph.is_transparent(node)) continue;
    if (graph.roles[node] == OperatorRole::normalization && !layer.normalization) layer.normalization = node;
    const auto sum =
        std::find_if(sums.begin(), sums.end(), [&](const ResidualSum& s) { return s.node == node; });
    if (sum != sums.end() && !layer.residual_sum)
      layer.residual_sum = static_cast<size_t>(sum - sums.begin());
    front.insert(graph.consumers[node].begin(), graph.consumers[node].end());
  }
}

void find_input_nonlinearity(const Graph& graph, Layer& layer) {
  const Node* node = &graph.network.nodes()[layer.node];
  while (true) {
    const auto positions = graph.dependent_inputs(static_cast<size_t>(node - graph.network.nodes().data()));
    if (positions.empty()) return;
    const int64_t from = graph.network.producer(node->inputs[positions.front()]);
    if (from < 0) return;
    const auto index = static_cast<size_t>(from);
    if (graph.roles[index] == OperatorRole::nonlinearity) {
      layer.input_nonlinearity = index;
      return;
    }
    if (!graph.is_transparent(index) || graph.roles[index] == OperatorRole::sum) return;
    node = &graph.network.nodes()[index];
  }
}

// Values are numbered: inputs of the network first, then nodes.
class Ancestry {
 public:
  Ancestry(const Graph& graph, const std::vector<bool>& has_weights)
      : graph_(graph), has_weights_(has_weights), inputs_(graph.network.inputs().size()) {
    const auto& inputs = graph.network.inputs();
    for (size_t i = 0; i < inputs_; ++i) input_numbers_.emplace(inputs[i].name, i);
    dependencies_.resize(inputs_ + graph.network.nodes().size());
    for (size_t node = 0; node < graph.network.nodes().size(); ++node) {
      for (const size_t position : graph.dependent_inputs(node)) {
        dependencies_[inputs_ + node].push_back(number(graph.network.nodes()[node].inputs[position]));
      }
    }
  }

  // Fewest-weights input (skip) and most-weights input (branch) of a sum, counted from the nearest ancestor
  // all share. Two gated inputs share the gate first: then from where all their paths meet.
  std::optional<ResidualSum> residual_sum(size_t node) const {
    const std::vector<size_t>& sources = dependencies_[inputs_ + node];
    if (sources.size() < 2) return {};
    const std::optional<size_t> nearest = shared_ancestor(sources, false);
    if (!nearest) return {};
    if (const auto sum = residual_sum_since(*nearest, node)) return sum;
    const std::optional<size_t> meeting = shared_ancestor(sources, true);
    return meeting && meeting != nearest ? residual_sum_since(*meeting, node) : std::nullopt;
  }

 private:
  std::optional<ResidualSum> residual_sum_since(size_t ancestor, size_t node) const {
    const std::vector<size_t>& sources = dependencies_[inputs_ + node];
    const std::vector<Weights> weights = weights_since(ancestor, inputs_ + node);
    const auto weight = [&](size_t position) { return weights[sources[position] - ancestor]; };
    size_t least = 0, most = 0;
    for (size_t position = 1; position < sources.size(); ++position) {
      if (weight(position) < weight(least)) least = position;
      if (weight(most) < weight(position)) most = position;
    }
    if (!(weight(least) < weight(most))) return {};
    const std::vector<size_t> positions = graph_.dependent_inputs(node);
    const bool from_input = ancestor < inputs_;
    return ResidualSum{node, positions[least], positions[most],
                       from_input ? std::nullopt : std::optional(ancestor - inputs_)};
  }

  size_t number(const std::string& value) const {
    const int64_t from = graph_.network.producer(value);
    return from >= 0 ? inputs_ + static_cast<size_t>(from) : input_numbers_.at(value);
  }

  // The nearest value from which paths lead to all sources; `of_all_paths`: on all of them. Visits values
  // from the last to the first, so that all paths to a value are known when it is reached.
  std::optional<size_t> shared_ancestor(const std::vector<size_t>& sources, bool of_all_paths) const {
    std::map<size_t, std::vector<bool>, std::greater<>> front;
    for (size_t i = 0; i < sources.size(); ++i) {
      auto& reached_from = front[sources[i]];
      reached_from.resize(sources.size());
      reached_from[i] = true;
    }
    while (!front.empty()) {
      const auto [value, reached_from] = *front.begin();
      front.erase(front.begin());
      const bool shared = std::find(reached_from.begin(), reached_from.end(), false) == reached_from.end();
      if (shared && (front.empty() || !of_all_paths)) return value;
      for (const size_t from : dependencies_[value]) {
        auto& merged = front[from];
        merged.resize(sources.size());
        for (size_t i = 0; i < sources.size(); ++i) merged[i] = merged[i] || reached_from[i];
      }
    }
    return {};
  }

  // Weights on the paths from an ancestor to a value; negative when there is none. Compared on the path with
  // most of them, then, as a gated skip needs it, on the path with fewest.
  struct Weights {
    int most = -1, fewest = -1;
    bool operator<(const Weights& other) const {
      return most != other.most ? most < other.most : fewest < other.fewest;
    }
  };

  // Of each value in [ancestor, end).
  std::vector<Weights> weights_since(size_t ancestor, size_t end) const {
    std::vector<Weights> weights(end - ancestor);
    weights[0] = {0, 0};
    for (size_t value = std::max(ancestor + 1, inputs_); value < end; ++value) {
      const int own = has_weights_[value - inputs_] ? 1 : 0;
      Weights& here = weights[value - ancestor];
      for (const size_t from : dependencies_[value]) {
        if (from < ancestor || weights[from - ancestor].most < 0) continue;
        const Weights& before = weights[from - ancestor];
        here.most = std::max(here.most, before.most + own);
        here.fewest = here.fewest < 0 ? before.fewest + own : std::min(here.fewest, before.fewest + own);
      }
    }
    return weights;
  }

  const Graph& graph_;
  const std::vector<bool>& has_weights_;
  size_t inputs_;
  std::unordered_map<std::string, size_t> input_numbers_;
  std::vector<std::vector<size_t>> dependencies_;  // per value
};

std::vector<MirroredRectifier> find_mirrored_rectifiers(const Graph& graph) {
  std::vector<MirroredRectifier> found;
  const Network& network = graph.network;
  const auto producer_of = [&](const std::string& value, std::string_view op) -> const Node* {
    const int64_t from = network.producer(value);
    if (from < 0 || network.nodes()[static_cast<size_t>(from)].op != op) return nullptr;
    return &network.nodes()[static_cast<size_t>(from)];
  };
  for (size_t i = 0; i < network.nodes().size(); ++i) {
    const Node& concat = network.nodes()[i];
    if (concat.op != "Concat" || concat.inputs.size() != 2) continue;
    const int64_t positive = network.producer(concat.inputs[0]),
                  negative = network.producer(concat.inputs[1]);
    if (positive < 0 || negative < 0) continue;
    const Node& first = network.nodes()[static_cast<size_t>(positive)];
    const Node& second = network.nodes()[static_cast<size_t>(negative)];
    if (first.op != second.op || graph.roles[static_cast<size_t>(positive)] != OperatorRole::nonlinearity)
      continue;
    const Node* negated = producer_of(second.inputs[0], "Neg");
    if (negated && negated->inputs[0] == first.inputs[0]) {
      found.push_back({static_cast<size_t>(positive), static_cast<size_t>(negative), i});
    }
  }
  return found;
}

std::vector<int> depths(const Graph& graph, const std::vector<bool>& counted) {
  std::vector<int> depth(graph.network.nodes().size(), 0);
  for (size_t i = 0; i < depth.size(); ++i) {
    for (const std::string& value : graph.network.nodes()[i].inputs) {
      const int64_t from = graph.network.producer(value);
      if (from >= 0) depth[i] = std::max(depth[i], depth[static_cast<size_t>(from)]);
    }
    depth[i] += counted[i] ? 1 : 0;
  }
  return depth;
}

}  // namespace

Structure structure(const Network& network) {
  const Graph graph(network);
  const size_t count = network.nodes().size();
  Structure derived;
  derived.depends_on_input = graph.depends;
  std::vector<bool> has_weights(count), is_nonlinear(count);
  for (size_t i = 0; i < count; ++i) {
    for (Layer& layer : layers_at(graph, i)) {
      derived.layers.push_back(std::move(layer));
      has_weights[i] = true;
    }
    if (graph.roles[i] == OperatorRole::nonlinearity && graph.depends[i]) {
      derived.nonlinearities.push_back(i);
      is_nonlinear[i] = true;
    }
    // The nonlinearities within count as one.
    if (has_weights[i] && is_recurrent(network.nodes()[i])) is_nonlinear[i] = true;
  }
  const bool has_nonlinearity =
      std::find(is_nonlinear.begin(), is_nonlinear.end(), true) != is_nonlinear.end();
  const Ancestry ancestry(graph, has_weights);
  for (size_t i = 0; i < count; ++i) {
    if (graph.roles[i] != OperatorRole::sum) continue;
    if (const auto sum = ancestry.residual_sum(i)) derived.residual_sums.push_back(*sum);
  }
  for (Layer& layer : derived.layers) {
    if (layer.kind != LayerKind::recurrent) find_successors(graph, derived.residual_sums, layer);
    find_input_nonlinearity(graph, layer);
  }
  derived.mirrored_rectifiers = find_mirrored_rectifiers(graph);
  derived.depth = depths(graph, has_nonlinearity ? is_nonlinear : has_weights);
  return derived;
}

}  // namespace shatterproof
