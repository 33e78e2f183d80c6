// SPDX-License-Identifier: Apache-2.0
#include "experiment/graph_run.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "network/weight_layout.h"

namespace shatterproof {
namespace {

at::Tensor differentiable(const at::Tensor& value) {
  if (!value.defined() || !value.is_floating_point() || value.requires_grad()) return value;
  return value.detach().requires_grad_(true);
}

// A recurrent node gives out its last state also where nobody reads it.
Node with_last_state(const Node& node) {
  constexpr size_t kSequenceAndState = 2;
  Node complete = node;
  if (is_recurrent(node) && node.outputs.size() < kSequenceAndState)
    complete.outputs.resize(kSequenceAndState);
  return complete;
}

}  // namespace

GraphRun::GraphRun(const Network& network, const Batch& batch, const RunOptions& options,
                   const std::set<size_t>& kept)
    : graph_(network, batch, options) {
  for (const Parameter& parameter : network.parameters())
    values_[parameter.name] = graph_.converted(parameter.value).detach();
  for (size_t i = 0; i < batch.inputs.size(); ++i)
    values_[network.inputs()[i].name] = differentiable(graph_.converted(batch.inputs[i]));
  for (size_t i = 0; i < network.nodes().size(); ++i) run(i, kept.contains(i));
  for (const std::string& name : graph_.outputs()) outputs_.push_back(values_.at(name));
}

void GraphRun::run(size_t index, bool keeps) {
  const Node& node = graph_.network().nodes()[index];
  std::vector<at::Tensor> inputs;
  for (const std::string& name : node.inputs)
    inputs.push_back(name.empty() ? at::Tensor() : values_.at(name));
  const bool depends_on_input = graph_.structure().depends_on_input[index];
  std::vector<at::Tensor> made = graph_.evaluate(with_last_state(node), depends_on_input, inputs);
  if (depends_on_input) {
    for (at::Tensor& output : made) output = differentiable(output);
  }
  if (keeps) kept_[index] = {inputs[0], made};
  for (size_t i = 0; i < made.size() && i < node.outputs.size(); ++i) {
    if (!node.outputs[i].empty()) values_[node.outputs[i]] = std::move(made[i]);
  }
  for (const std::string& name : graph_.last_uses(index)) values_.erase(name);
}

std::vector<at::Tensor> gradients(const std::vector<at::Tensor>& of, const std::vector<at::Tensor>& factors,
                                  const std::vector<at::Tensor>& with_respect_to) {
  std::vector<at::Tensor> found = torch::autograd::grad(of, with_respect_to, factors, true, false, true);
  for (size_t i = 0; i < found.size(); ++i) {
    if (!found[i].defined()) found[i] = at::zeros_like(with_respect_to[i]);
  }
  return found;
}

}  // namespace shatterproof
