// SPDX-License-Identifier: Apache-2.0
#include "experiment/expanded_output.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "experiment/interpreter.h"
#include "experiment/jacobian.h"
#include "experiment/perturbation_orders.h"

namespace shatterproof {
namespace {

Expansion resolved_parameter(const at::Tensor& trained, const at::Tensor& initial) {
  Expansion value;
  value.value = trained;
  if (!trained.is_floating_point()) return value;
  value.parts = {initial};
  if (!trained.equal(initial)) value.parts.push_back(trained - initial);
  return value;
}

void start(Walk<Expansion>& walk, const Interpreter& graph, const Network& initial, const Batch& batch) {
  for (const auto& [name, value] : graph.parameters())
    walk.set(name, resolved_parameter(value, graph.converted(initial.find_parameter(name)->value)));
  for (size_t i = 0; i < batch.inputs.size(); ++i) {
    Expansion value;
    value.value = graph.converted(batch.inputs[i]);
    value.of_input = true;
    if (value.value.is_floating_point()) value.parts = {value.value};
    walk.set(graph.network().inputs()[i].name, std::move(value));
  }
}

}  // namespace

ExpandedOutput expanded_output(const Network& network, const Network& initial, const Batch& batch,
                               const RunOptions& options) {
  const at::NoGradGuard no_gradient;
  const Interpreter graph(network, batch, options);
  const Walk<Expansion>::Values none = {};
  Walk<Expansion> walk = graph.walk(none);
  start(walk, graph, initial, batch);
  walk.run([&](size_t index, std::vector<Expansion> inputs) {
    std::vector<at::Tensor> values;
    for (const Expansion& input : inputs) values.push_back(input.value);
    std::vector<at::Tensor> outputs = graph.evaluate(index, values);
    return ordered_outputs({graph, index, std::move(inputs), std::move(outputs)});
  });
  ExpandedOutput output;
  std::vector<at::Tensor> columns;
  size_t orders = 0;
  for (const std::string& name : graph.outputs()) {
    const Expansion& value = walk.at(name);
    if (!value.obstacle.empty()) return {{}, {}, value.obstacle};
    columns.push_back(value.value);
    orders = std::max(orders, value.parts.size());
  }
  output.value = rows_of(columns);
  for (size_t k = 0; k < orders; ++k) {
    std::vector<at::Tensor> parts;
    for (const std::string& name : graph.outputs()) parts.push_back(walk.at(name).part(k));
    output.parts.push_back(rows_of(parts));
  }
  return output;
}

}  // namespace shatterproof
