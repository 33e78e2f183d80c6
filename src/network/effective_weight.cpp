// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <algorithm>
#include <map>

#include "network/weight_layout.h"
#include "shatterproof/core/error.h"
#include "shatterproof/network/layer.h"
#include "shatterproof/network/operator.h"

namespace shatterproof {
namespace {

class Evaluation {
 public:
  explicit Evaluation(const Network& network) : network_(network) {}

  at::Tensor value(const std::string& name) {
    if (name.empty()) return {};
    if (const Parameter* parameter = network_.find_parameter(name)) return parameter->value;
    if (const auto known = known_.find(name); known != known_.end()) return known->second;
    const int64_t from = network_.producer(name);
    if (from < 0) reject("effective_weight", "no input of the network may make a weight", "'" + name + "'");
    const Node& node = network_.nodes()[static_cast<size_t>(from)];
    std::vector<at::Tensor> inputs;
    for (const std::string& input : node.inputs) inputs.push_back(value(input));
    const std::vector<at::Tensor> outputs = evaluate({node, inputs});
    for (size_t i = 0; i < node.outputs.size(); ++i) known_[node.outputs[i]] = outputs[i];
    return known_.at(name);
  }

 private:
  const Network& network_;
  std::map<std::string, at::Tensor> known_;
};

}  // namespace

at::Tensor effective_weight(const Network& network, const Layer& layer) {
  const at::Tensor weight = Evaluation(network).value(layer.effective_weight);
  const Node& node = network.nodes()[layer.node];
  const auto place = std::find(node.inputs.begin(), node.inputs.end(), layer.effective_weight);
  const auto layout = weight_layout(node, static_cast<size_t>(place - node.inputs.begin()), weight.sizes());
  const bool transposed = layout && layout->input_major != layer.input_major;
  return transposed ? weight.transpose(-1, -2) : weight;
}

}  // namespace shatterproof
