// SPDX-License-Identifier: Apache-2.0
#include "experiment/perturbation_orders.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "shatterproof/core/error.h"
#include "shatterproof/network/operator_traits.h"

namespace shatterproof {
namespace {

using Parts = std::vector<at::Tensor>;

// Parts per output, or why there are none.
struct Resolution {
  std::vector<Parts> outputs;
  std::string obstacle;
};
using Rule = Resolution (*)(const ExpandedNode& at);

size_t orders_of(const std::vector<Expansion>& values) {
  size_t orders = 1;
  for (const Expansion& value : values) orders = std::max(orders, value.parts.size());
  return orders;
}

std::vector<at::Tensor> parts_at(const std::vector<Expansion>& values, size_t order) {
  std::vector<at::Tensor> parts;
  for (const Expansion& value : values) parts.push_back(value.part(order));
  return parts;
}

// F(x)^(k) = F(x^(k)): in all inputs together.
Resolution linear(const ExpandedNode& at) {
  Resolution resolved;
  resolved.outputs.resize(at.outputs.size());
  for (size_t k = 0; k < orders_of(at.inputs); ++k) {
    const std::vector<at::Tensor> made = at.graph.evaluate(at.index, parts_at(at.inputs, k));
    for (size_t i = 0; i < made.size(); ++i) resolved.outputs[i].push_back(made[i]);
  }
  return resolved;
}

// The same in the first input, the others being settings.
Resolution linear_in_first(const ExpandedNode& at) {
  Resolution resolved{{Parts()}, ""};
  for (const at::Tensor& part : at.inputs[0].parts) {
    std::vector<at::Tensor> inputs = {part};
    for (size_t i = 1; i < at.inputs.size(); ++i) inputs.push_back(at.inputs[i].value);
    resolved.outputs[0].push_back(at.graph.evaluate(at.index, inputs)[0]);
  }
  return resolved;
}

void add_part(Parts& parts, size_t order, const at::Tensor& term) {
  if (parts.size() <= order) parts.resize(order + 1);
  parts[order] = parts[order].defined() ? parts[order] + term : term;
}

// (a b)^(k) = sum_i a^(i) b^(k-i), a third input (the bias) added part by part.
Resolution product(const ExpandedNode& at) {
  const Expansion &a = at.inputs[0], &b = at.inputs[1];
  if (a.of_input && b.of_input) return {{}, "multiplies what depends on the input by what does too"};
  const bool has_bias = at.inputs.size() > 2 && at.inputs[2].value.defined();
  const size_t biases = has_bias ? at.inputs[2].parts.size() : 0;
  Resolution resolved{{Parts()}, ""};
  for (size_t i = 0; i < std::max(a.parts.size(), biases); ++i) {
    for (size_t j = 0; j < b.parts.size() && (j == 0 || i < a.parts.size()); ++j) {
      std::vector<at::Tensor> inputs = {a.part(i), b.parts[j]};
      if (j == 0 && i < biases) inputs.push_back(at.inputs[2].parts[i]);
      add_part(resolved.outputs[0], i + j, at.graph.evaluate(at.index, inputs)[0]);
    }
  }
  return resolved;
}

Resolution quotient(const ExpandedNode& at) {
  if (at.inputs[1].of_input) return {{}, "divides by a scale that depends on the input"};
  if (at.inputs[1].parts.size() > 1) return {{}, "divides by weights that have changed"};
  return product(at);
}

// phi(y)^(k) = y^(k) phi(y)/y.
Resolution gate(const ExpandedNode& at) {
  std::vector<at::Tensor> inputs;
  for (const Expansion& input : at.inputs) inputs.push_back(input.value);
  const at::Tensor y = inputs[0];
  inputs[0] = at::zeros_like(y);
  if (at.graph.evaluate(at.index, inputs)[0].ne(0).any().item<bool>()) return {{}, "is not 0 at 0"};
  const at::Tensor is_zero = y == 0;
  const at::Tensor secant = (at.outputs[0] / y.masked_fill(is_zero, 1)).masked_fill(is_zero, 0);
  Resolution resolved{{Parts()}, ""};
  for (const at::Tensor& part : at.inputs[0].parts) resolved.outputs[0].push_back(part * secant);
  return resolved;
}

Resolution max_pool(const ExpandedNode& at) {
  Node node = at.node();
  node.outputs.resize(2, node.outputs[0] + ".places");
  node.attributes.erase("storage_order");
  const at::Tensor places = at.graph.evaluate(node, true, {at.inputs[0].value})[1];
  Resolution resolved{{Parts()}, ""};
  for (const at::Tensor& part : at.inputs[0].parts) {
    resolved.outputs[0].push_back(
        part.reshape({-1}).index_select(0, places.reshape({-1})).reshape(places.sizes()));
  }
  return resolved;
}

// Of one normalization: over which axes, and the shape in which a gain meets the input.
struct Extent {
  std::vector<int64_t> axes;
  std::vector<int64_t> gain_shape;  // empty: as stored
};

Extent extent_of(const ExpandedNode& at) {
  const at::Tensor& x = at.inputs[0].value;
  Extent extent;
  if (at.node().op == "LayerNormalization") {
    const int64_t axis = at.node().integer("axis", -1);
    for (int64_t i = axis < 0 ? axis + x.dim() : axis; i < x.dim(); ++i) extent.axes.push_back(i);
    return extent;
  }
  if (at.node().op == "BatchNormalization") extent.axes.push_back(0);
  for (int64_t i = 2; i < x.dim(); ++i) extent.axes.push_back(i);
  extent.gain_shape.assign(static_cast<size_t>(x.dim()), 1);
  extent.gain_shape[1] = x.size(1);
  return extent;
}

at::Tensor shaped(const at::Tensor& values, const Extent& extent) {
  return extent.gain_shape.empty() ? values : values.reshape(extent.gain_shape);
}

// 1/sqrt(variance + epsilon); 0 where nothing varies and epsilon is 0.
at::Tensor frozen_scale(const at::Tensor& variance, const at::Tensor& constant, double epsilon) {
  const at::Tensor scale = (variance + epsilon).rsqrt();
  return epsilon == 0 ? scale.masked_fill(constant, 0) : scale;
}

// ((x^(k) - mean x^(k)) / s)^(k) times gain, plus bias; stored means have parts of their own.
Resolution normalization(const ExpandedNode& at) {
  const Expansion& x = at.inputs[0];
  const Extent extent = extent_of(at);
  const bool stored =
      at.node().op == "BatchNormalization" && at.graph.batch_norm() == BatchStatistics::stored;
  const double epsilon = at.node().number("epsilon", 1e-5);
  const at::Tensor variance =
      stored ? shaped(at.inputs[4].value, extent) : x.value.var(extent.axes, false, true);
  const at::Tensor constant =
      stored ? variance == 0 : x.value.amax(extent.axes, true) == x.value.amin(extent.axes, true);
  const at::Tensor scale = frozen_scale(variance, constant, epsilon);
  const bool has_bias = at.inputs.size() > 2 && at.inputs[2].value.defined();
  Resolution resolved{{Parts()}, ""};
  Parts& parts = resolved.outputs[0];
  for (size_t i = 0; i < std::max(x.parts.size(), stored ? at.inputs[3].parts.size() : 0); ++i) {
    const at::Tensor part = x.part(i);
    const at::Tensor mean =
        stored ? shaped(at.inputs[3].part(i), extent) : part.mean(extent.axes, /*keepdim=*/true);
    const at::Tensor centred = (part - mean) * scale;
    for (size_t j = 0; j < at.inputs[1].parts.size(); ++j)
      add_part(parts, i + j, centred * shaped(at.inputs[1].parts[j], extent));
  }
  for (size_t i = 0; has_bias && i < at.inputs[2].parts.size(); ++i)
    add_part(parts, i, shaped(at.inputs[2].parts[i], extent).expand_as(x.value));
  return resolved;
}

Rule rule_of(const Node& node) {
  switch (traits_of(node.op).order) {
    case OrderRule::by_role:
      return operator_of(node).role == OperatorRole::nonlinearity ? gate : nullptr;
    case OrderRule::linear:
      return linear;
    case OrderRule::linear_in_first:
      return linear_in_first;
    case OrderRule::product:
      return product;
    case OrderRule::quotient:
      return quotient;
    case OrderRule::gate:
      return gate;
    case OrderRule::max_pool:
      return max_pool;
    case OrderRule::normalization:
      return normalization;
  }
  return nullptr;
}

Resolution resolve(const ExpandedNode& at) {
  const bool has_changed = orders_of(at.inputs) > 1;
  const bool of_input = at.graph.structure().depends_on_input[at.index];
  Resolution constant;
  for (const Expansion& input : at.inputs) {
    if (!input.obstacle.empty()) return {{}, input.obstacle};
  }
  if (!of_input && !has_changed) {
    for (const at::Tensor& output : at.outputs) constant.outputs.push_back({output});
    return constant;
  }
  const Rule rule = rule_of(at.node());
  Resolution resolved = rule ? rule(at) : Resolution{{}, "has no rule for parts"};
  if (!resolved.obstacle.empty()) {
    resolved.obstacle =
        fmt::format("{} '{}' {}", at.node().op, printable(at.node().title()), resolved.obstacle);
  }
  return resolved;
}

bool is_number(const at::Tensor& value) {
  return value.defined() && value.is_floating_point();
}

}  // namespace

at::Tensor Expansion::part(size_t order) const {
  if (!is_number(value)) return value;
  return order < parts.size() ? parts[order] : at::zeros_like(value);
}

std::vector<Expansion> ordered_outputs(const ExpandedNode& at) {
  std::vector<Expansion> values(at.outputs.size());
  Resolution resolved;
  if (std::any_of(at.outputs.begin(), at.outputs.end(), is_number)) resolved = resolve(at);
  for (size_t i = 0; i < values.size(); ++i) {
    values[i].value = at.outputs[i];
    values[i].of_input = at.graph.structure().depends_on_input[at.index];
    if (!is_number(at.outputs[i])) continue;
    if (i < resolved.outputs.size()) values[i].parts = std::move(resolved.outputs[i]);
    values[i].obstacle = resolved.obstacle;
    if (values[i].parts.empty() && values[i].obstacle.empty())
      values[i].obstacle = fmt::format("{} gives a second output, which has no rule for parts", at.node().op);
  }
  return values;
}

}  // namespace shatterproof
