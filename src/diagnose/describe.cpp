// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/diagnose/describe.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string>

#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

// As theory names them; another operator keeps its own name.
std::string nonlinearity_name(const std::string& op) {
  static const std::map<std::string, std::string> known = {
      {"Relu", "relu"}, {"PRelu", "prelu"}, {"LeakyRelu", "leaky_relu"},
      {"Tanh", "tanh"}, {"Selu", "selu"},   {"Gelu", "gelu"}};
  const auto found = known.find(op);
  return found == known.end() ? op : found->second;
}

std::string most_frequent_nonlinearity(const Network& network, const Structure& structure) {
  std::map<std::string, int> counts;
  for (const size_t node : structure.nonlinearities) ++counts[operator_at(network, structure, node)];
  const auto most = std::max_element(counts.begin(), counts.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == counts.end() ? "" : nonlinearity_name(most->first);
}

// The title of a node is the name of its tap.
std::set<std::string> without_sides(const Network& network, const Structure& structure) {
  static const std::set<std::string> kOps = {"Sigmoid",  "HardSigmoid", "Tanh", "Softplus",
                                             "Softsign", "Sin",         "Cos",  "Erf",
                                             "Atan",     "Exp",         "Abs",  "Softmax"};
  std::set<std::string> titles;
  for (const size_t node : structure.nonlinearities) {
    if (kOps.contains(operator_at(network, structure, node))) titles.insert(network.nodes()[node].title());
  }
  return titles;
}

// Those from which no way leads to a layer.
std::set<std::string> at_outputs(const Network& network, const Structure& structure) {
  std::set<std::string> before_layers;
  std::set<size_t> layers;
  for (const Layer& layer : structure.layers) layers.insert(layer.node);
  for (size_t node = network.nodes().size(); node-- > 0;) {
    const Node& one = network.nodes()[node];
    const bool leads = layers.contains(node) ||
                       std::any_of(one.outputs.begin(), one.outputs.end(),
                                   [&](const std::string& value) { return before_layers.contains(value); });
    if (leads) before_layers.insert(one.inputs.begin(), one.inputs.end());
  }
  std::set<std::string> titles;
  for (const size_t node : structure.nonlinearities) {
    const Node& one = network.nodes()[node];
    if (std::none_of(one.outputs.begin(), one.outputs.end(),
                     [&](const std::string& value) { return before_layers.contains(value); }))
      titles.insert(one.title());
  }
  return titles;
}

// As one node or written out.
bool has(const Network& network, const Structure& structure, std::initializer_list<std::string_view> ops) {
  const auto is_one = [&](const auto& any) { return std::find(ops.begin(), ops.end(), any.op) != ops.end(); };
  return std::any_of(network.nodes().begin(), network.nodes().end(), is_one) ||
         std::any_of(structure.composites.begin(), structure.composites.end(), is_one);
}

// The value that the node normalizes, as one node or as the last of several; empty where it does not.
std::string normalized_by(const Network& network, const Structure& structure, size_t node) {
  if (const Composite* composite = structure.composite_at(node))
    return composite->role == CompositeRole::normalization ? composite->inputs[0] : "";
  const Node& one = network.nodes()[node];
  return operator_of(one).role == OperatorRole::normalization ? one.inputs[0] : "";
}

// Sums whose state passes a normalization before the next skip starts from it.
int post_norm_sums(const Network& network, const Structure& structure) {
  int count = 0;
  for (const ResidualSum& sum : structure.residual_sums) {
    const int64_t from = network.producer(network.nodes()[sum.node].inputs[sum.skip]);
    if (from < 0) continue;
    const std::string state = normalized_by(network, structure, static_cast<size_t>(from));
    if (state.empty()) continue;
    const int64_t before = network.producer(state);
    const bool follows_sum =
        std::any_of(structure.residual_sums.begin(), structure.residual_sums.end(),
                    [&](const ResidualSum& other) { return static_cast<int64_t>(other.node) == before; });
    if (follows_sum) ++count;
  }
  return count;
}

double largest_magnitude(const at::Tensor& value) {
  if (!at::isFloatingType(value.scalar_type()) || value.numel() == 0) return 0;
  return value.to(at::kDouble).abs().max().item<double>();
}

}  // namespace

void describe(const Network& network, Examination& examination) {
  examination.structure = structure(network);
  examination.activation = most_frequent_nonlinearity(network, examination.structure);
  examination.without_sides = without_sides(network, examination.structure);
  examination.at_outputs = at_outputs(network, examination.structure);
  examination.normalizes_batch = has(network, examination.structure, {"BatchNormalization"});
  examination.normalizes_layer = has(network, examination.structure,
                                     {"LayerNormalization", "GroupNormalization", "InstanceNormalization",
                                      "RMSNormalization", "SimplifiedLayerNormalization"});
  examination.post_norm_sums = post_norm_sums(network, examination.structure);
  examination.recurrent_cells = recurrent_cells(network);
  examination.denormal_weights.clear();
  for (const Parameter& parameter : network.parameters()) {
    const double largest = largest_magnitude(parameter.value);
    if (largest > 0 && largest < std::numeric_limits<float>::min())
      examination.denormal_weights.push_back({parameter.name, largest});
  }
}

}  // namespace shatterproof
