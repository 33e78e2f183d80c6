// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/network/layer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <functional>
#include <set>

#include "network/condensed_graph.h"
#include "network/neighbour_matrix.h"
#include "network/patterns/guard.h"
#include "network/patterns/weight.h"
#include "network/residual_sum.h"
#include "network/weight_layout.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

constexpr std::string_view kWeightSuffix = ".weight";

std::string stem(const std::string& weight) {
  return weight.ends_with(kWeightSuffix) ? weight.substr(0, weight.size() - kWeightSuffix.size()) : weight;
}

// The Add or Sum of a parameter with one number per unit that directly follows, if any.
void find_bias(const CondensedGraph& graph, Layer& layer) {
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

// A filter that is the same for every channel, as to blur: no training has made it, no scheme draws it.
bool is_fixed_filter(const Node& node, const at::Tensor& filter) {
  const bool has_bias = node.inputs.size() > 2 && !node.inputs[2].empty();
  if (node.op != "Conv" || has_bias || node.integer("group", 1) != filter.size(0) || filter.size(0) < 2)
    return false;
  const bool has_positions = filter[0].numel() > 1 && filter[0].count_nonzero().item<int64_t>() > 0;
  return has_positions && filter.eq(filter[0].unsqueeze(0)).all().item<bool>();
}

struct FoundLayer {
  Layer layer;
  std::optional<Composite> computed;  // how its weight is made
};

std::optional<FoundLayer> layer_of(const CondensedGraph& graph, size_t index, size_t position) {
  const Node& node = graph.network.nodes()[index];
  const std::string& value = node.inputs[position];
  FoundLayer found;
  Layer& layer = found.layer;
  layer.weight = layer.effective_weight = value;
  std::vector<int64_t> sizes;
  bool transposed = false;
  if (const Parameter* parameter = graph.network.find_parameter(value)) {
    if (!parameter->value.is_floating_point() || parameter->value.dim() < 2) return {};
    if (is_fixed_filter(node, parameter->value)) return {};
    sizes = parameter->value.sizes().vec();
  } else {
    if (graph.depends_on_input(value) || is_recurrent(node)) return {};
    auto computed = computed_weight(graph.network, value);
    if (!computed) return {};
    layer.weight = computed->parameter;
    sizes = computed->sizes;
    transposed = computed->transposed;
    found.computed = std::move(computed->composite);
  }
  const std::optional<WeightLayout> layout = weight_layout(node, position, sizes);
  if (!layout) return {};
  layer.node = layer.output = index;
  layer.name = stem(layer.weight);
  layer.kind = layout->kind;
  layer.input_major = layout->input_major != transposed;
  layer.fan_in = layout->fan_in;
  layer.fan_out = layout->fan_out;
  // What a recurrent node gives out has passed its own nonlinearities: it has no bias to look for.
  if (layer.kind == LayerKind::recurrent) return found;
  const size_t bias = 2;
  if (node.inputs.size() > bias && graph.network.find_parameter(node.inputs[bias]))
    layer.bias = node.inputs[bias];
  find_bias(graph, layer);
  return found;
}

std::vector<FoundLayer> layers_at(const CondensedGraph& graph, size_t index) {
  const Node& node = graph.network.nodes()[index];
  if (graph.roles[index] != OperatorRole::linear || node.inputs.size() < 2 || !graph.depends[index] ||
      graph.is_inner[index] || graph.is_composite(index))
    return {};
  std::vector<size_t> positions = {graph.depends_on_input(node.inputs[0]) ? size_t{1} : size_t{0}};
  if (is_recurrent(node)) positions = {1, 2};  // what multiplies the input and what the state
  std::vector<FoundLayer> layers;
  for (const size_t position : positions) {
    if (auto layer = layer_of(graph, index, position)) layers.push_back(std::move(*layer));
  }
  return layers;
}

// The sum at whose branch a value ends that a nonlinearity made, gated or not, before it meets weights or
// another nonlinearity.
std::optional<size_t> sum_after(const CondensedGraph& graph, const std::vector<ResidualSum>& sums,
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
void find_successors(const CondensedGraph& graph, const std::vector<ResidualSum>& sums, Layer& layer) {
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

void find_input_nonlinearity(const CondensedGraph& graph, Layer& layer) {
  size_t node = layer.node;
  while (true) {
    const auto positions = graph.dependent_inputs(node);
    if (positions.empty()) return;
    const int64_t from = graph.producer(graph.inputs(node)[positions.front()]);
    if (from < 0) return;
    node = static_cast<size_t>(from);
    if (graph.roles[node] == OperatorRole::nonlinearity) {
      layer.input_nonlinearity = node;
      return;
    }
    if (!graph.is_transparent(node) || graph.roles[node] == OperatorRole::sum) return;
  }
}

// The operator of the node, by its composite.
const std::string& op_of(const CondensedGraph& graph, size_t node) {
  const Composite* composite = graph.composite_at(node);
  return composite ? composite->op : graph.network.nodes()[node].op;
}

std::vector<MirroredRectifier> find_mirrored_rectifiers(const CondensedGraph& graph) {
  std::vector<MirroredRectifier> found;
  const Network& network = graph.network;
  for (size_t i = 0; i < network.nodes().size(); ++i) {
    const Node& concat = network.nodes()[i];
    if (concat.op != "Concat" || concat.inputs.size() != 2) continue;
    const int64_t positive = network.producer(concat.inputs[0]),
                  negative = network.producer(concat.inputs[1]);
    if (positive < 0 || negative < 0) continue;
    const auto first = static_cast<size_t>(positive), second = static_cast<size_t>(negative);
    if (op_of(graph, first) != op_of(graph, second) || graph.roles[first] != OperatorRole::nonlinearity)
      continue;
    const int64_t maker = network.producer(graph.inputs(second)[0]);
    if (maker < 0) continue;
    const Node& negated = network.nodes()[static_cast<size_t>(maker)];
    if (negated.op == "Neg" && negated.inputs[0] == graph.inputs(first)[0])
      found.push_back({first, second, i});
  }
  return found;
}

// Within a composite the depth is that of what enters.
std::vector<int> depths(const CondensedGraph& graph, const std::vector<bool>& counted) {
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

// Beside the linear maps: of a network that bends nowhere else.
bool takes_largest(const std::vector<Composite>& composites, size_t node) {
  return std::any_of(composites.begin(), composites.end(), [&](const Composite& composite) {
    return composite.output == node && composite.op == "Maxout";
  });
}

// Matrices that say who is whose neighbour are no weights, and epsilons under a fraction no rectifiers.
void settle_roles(CondensedGraph& graph) {
  std::optional<PatternGraph> patterns;
  for (size_t i = 0; i < graph.roles.size(); ++i) {
    const Node& node = graph.network.nodes()[i];
    if (graph.roles[i] == OperatorRole::linear && averages_neighbours(graph.network, node))
      graph.roles[i] = OperatorRole::pooling;
    if (node.op != "Clip" || graph.roles[i] != OperatorRole::nonlinearity) continue;
    if (!patterns) patterns.emplace(graph.network);
    if (is_guard(*patterns, i)) graph.roles[i] = OperatorRole::arithmetic;
  }
}

}  // namespace

Structure structure(const Network& network) {
  Structure derived;
  derived.composites = composites(network);
  CondensedGraph graph(network, derived.composites);
  settle_roles(graph);
  const size_t count = network.nodes().size();
  derived.depends_on_input = graph.depends;
  std::vector<std::vector<std::string>> weights(count);
  std::vector<bool> has_weights(count), is_nonlinear(count);
  std::vector<Composite> of_weights;
  for (size_t i = 0; i < count; ++i) {
    for (FoundLayer& found : layers_at(graph, i)) {
      weights[i].push_back(found.layer.weight);
      has_weights[i] = true;
      derived.layers.push_back(std::move(found.layer));
      if (found.computed) of_weights.push_back(std::move(*found.computed));
    }
    const bool bends = graph.roles[i] == OperatorRole::nonlinearity && !graph.is_inner[i];
    if (graph.depends[i] && (bends || takes_largest(derived.composites, i))) {
      derived.nonlinearities.push_back(i);
      is_nonlinear[i] = true;
    }
    // The nonlinearities within count as one.
    if (has_weights[i] && is_recurrent(network.nodes()[i])) is_nonlinear[i] = true;
  }
  const bool has_nonlinearity =
      std::find(is_nonlinear.begin(), is_nonlinear.end(), true) != is_nonlinear.end();
  derived.residual_sums = residual_sums(graph, weights);
  for (Layer& layer : derived.layers) {
    if (layer.kind != LayerKind::recurrent) find_successors(graph, derived.residual_sums, layer);
    find_input_nonlinearity(graph, layer);
  }
  derived.mirrored_rectifiers = find_mirrored_rectifiers(graph);
  derived.depth = depths(graph, has_nonlinearity ? is_nonlinear : has_weights);
  derived.composites.insert(derived.composites.end(), of_weights.begin(), of_weights.end());
  std::stable_sort(derived.composites.begin(), derived.composites.end(),
                   [](const Composite& a, const Composite& b) { return a.output < b.output; });
  return derived;
}

const Composite* Structure::composite_at(size_t node) const {
  const auto place = std::lower_bound(composites.begin(), composites.end(), node,
                                      [](const Composite& one, size_t at) { return one.output < at; });
  return place != composites.end() && place->output == node ? &*place : nullptr;
}

const std::string& operator_at(const Network& network, const Structure& structure, size_t node) {
  const Composite* composite = structure.composite_at(node);
  return composite && composite->role != CompositeRole::gate ? composite->op : network.nodes()[node].op;
}

const std::string& entering_at(const Network& network, const Structure& structure, size_t node) {
  const Composite* composite = structure.composite_at(node);
  return composite && !composite->inputs.empty() ? composite->inputs[0] : network.nodes()[node].inputs[0];
}

}  // namespace shatterproof
