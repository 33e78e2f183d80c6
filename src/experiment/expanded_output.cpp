// SPDX-License-Identifier: Apache-2.0
#include "experiment/expanded_output.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <unordered_map>

#include "experiment/jacobian.h"
#include "experiment/node_by_node.h"
#include "experiment/perturbation_orders.h"

namespace shatterproof {
namespace {

using OrderedValues = std::unordered_map<std::string, Expansion>;

Expansion resolved_parameter(const at::Tensor& trained, const at::Tensor& initial) {
  Expansion value;
  value.value = trained;
  if (!trained.is_floating_point()) return value;
  value.parts = {initial};
  if (!trained.equal(initial)) value.parts.push_back(trained - initial);
  return value;
}

OrderedValues starting_values(const NodeByNode& graph, const Network& initial, const Batch& batch) {
  OrderedValues values;
  for (const Parameter& parameter : graph.network().parameters()) {
    const at::Tensor& before = initial.find_parameter(parameter.name)->value;
    values[parameter.name] = resolved_parameter(graph.converted(parameter.value), graph.converted(before));
  }
  for (size_t i = 0; i < batch.inputs.size(); ++i) {
    Expansion& value = values[graph.network().inputs()[i].name];
    value.value = graph.converted(batch.inputs[i]);
    value.of_input = true;
    if (value.value.is_floating_point()) value.parts = {value.value};
  }
  return values;
}

void run_node(const NodeByNode& graph, size_t index, OrderedValues& values) {
  const Node& node = graph.network().nodes()[index];
  ExpandedNode at{graph, index, {}, {}};
  std::vector<at::Tensor> inputs;
  for (const std::string& name : node.inputs) {
    at.inputs.push_back(name.empty() ? Expansion() : values.at(name));
    inputs.push_back(at.inputs.back().value);
  }
  at.outputs = graph.evaluate(index, inputs);
  std::vector<Expansion> made = ordered_outputs(at);
  for (size_t i = 0; i < made.size() && i < node.outputs.size(); ++i) {
    if (!node.outputs[i].empty()) values[node.outputs[i]] = std::move(made[i]);
  }
  for (const std::string& name : graph.last_uses(index)) values.erase(name);
}

}  // namespace

ExpandedOutput expanded_output(const Network& network, const Network& initial, const Batch& batch,
                             const RunOptions& options) {
  const at::NoGradGuard no_gradient;
  const NodeByNode graph(network, batch, options);
  OrderedValues values = starting_values(graph, initial, batch);
  for (size_t i = 0; i < network.nodes().size(); ++i) run_node(graph, i, values);
  ExpandedOutput output;
  std::vector<at::Tensor> columns;
  size_t orders = 0;
  for (const std::string& name : graph.outputs()) {
    const Expansion& value = values.at(name);
    if (!value.obstacle.empty()) return {{}, {}, value.obstacle};
    columns.push_back(value.value);
    orders = std::max(orders, value.parts.size());
  }
  output.value = rows_of(columns);
  for (size_t k = 0; k < orders; ++k) {
    std::vector<at::Tensor> parts;
    for (const std::string& name : graph.outputs()) parts.push_back(values.at(name).part(k));
    output.parts.push_back(rows_of(parts));
  }
  return output;
}

}  // namespace shatterproof
