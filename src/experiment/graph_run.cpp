// SPDX-License-Identifier: Apache-2.0
#include "experiment/graph_run.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "experiment/interpreter.h"
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

KeptPass node_by_node(const Network& network, const Batch& batch, const RunOptions& options,
                      const std::set<size_t>& kept) {
  KeptPass pass;
  const Interpreter graph(network, batch, options);
  Walk<at::Tensor> walk = graph.walk(graph.parameters());
  for (size_t i = 0; i < batch.inputs.size(); ++i)
    walk.set(network.inputs()[i].name, differentiable(graph.converted(batch.inputs[i])));
  walk.run([&](size_t index, const std::vector<at::Tensor>& inputs) {
    const bool depends_on_input = graph.structure().depends_on_input[index];
    std::vector<at::Tensor> made =
        graph.evaluate(with_last_state(network.nodes()[index]), depends_on_input, inputs);
    if (depends_on_input) {
      for (at::Tensor& output : made) output = differentiable(output);
    }
    const bool is_batch_first = network.nodes()[index].integer("layout", 0) != 0;
    if (kept.contains(index)) pass.nodes[index] = {inputs[0], made, is_batch_first};
    return made;
  });
  for (const std::string& name : graph.outputs()) pass.outputs.push_back(walk.at(name));
  return pass;
}

}  // namespace

GraphRun::GraphRun(TapSource& source, const Batch& batch, const RunOptions& options,
                   const std::set<size_t>& kept)
    : pass_(source.network() ? node_by_node(*source.network(), batch, options, kept)
                             : source.keep(batch, kept, options)) {}

std::vector<at::Tensor> gradients(const std::vector<at::Tensor>& of, const std::vector<at::Tensor>& factors,
                                  const std::vector<at::Tensor>& with_respect_to) {
  std::vector<at::Tensor> found = torch::autograd::grad(of, with_respect_to, factors, true, false, true);
  for (size_t i = 0; i < found.size(); ++i) {
    if (!found[i].defined()) found[i] = at::zeros_like(with_respect_to[i]);
  }
  return found;
}

}  // namespace shatterproof
