// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/diagnose/describe.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <map>

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
  for (const size_t node : structure.nonlinearities) ++counts[network.nodes()[node].op];
  const auto most = std::max_element(counts.begin(), counts.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == counts.end() ? "" : nonlinearity_name(most->first);
}

bool has(const Network& network, std::initializer_list<std::string_view> ops) {
  return std::any_of(network.nodes().begin(), network.nodes().end(), [&](const Node& node) {
    return std::find(ops.begin(), ops.end(), node.op) != ops.end();
  });
}

double largest_magnitude(const at::Tensor& value) {
  if (!at::isFloatingType(value.scalar_type()) || value.numel() == 0) return 0;
  return value.to(at::kDouble).abs().max().item<double>();
}

}  // namespace

void describe(const Network& network, Examination& examination) {
  examination.structure = structure(network);
  examination.activation = most_frequent_nonlinearity(network, examination.structure);
  examination.normalizes_batch = has(network, {"BatchNormalization"});
  examination.normalizes_layer =
      has(network, {"LayerNormalization", "GroupNormalization", "InstanceNormalization", "RMSNormalization",
                    "SimplifiedLayerNormalization"});
  examination.recurrent_cells = recurrent_cells(network);
  examination.denormal_weights.clear();
  for (const Parameter& parameter : network.parameters()) {
    const double largest = largest_magnitude(parameter.value);
    if (largest > 0 && largest < std::numeric_limits<float>::min())
      examination.denormal_weights.push_back({parameter.name, largest});
  }
}

}  // namespace shatterproof
