// SPDX-License-Identifier: Apache-2.0
#include "onnx/rewritten_formulas.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "shatterproof/core/error.h"

namespace shatterproof::rewriting {

// Before 13, all axes from `axis` on were one. They still are where all but the first have size 1.
void softmax(Rewriter& to, Node& node) {
  if (node.opset >= 13) return;
  const int64_t axis = node.integer("axis", 1);
  if (const auto found = to.shapes.find(node.inputs[0]); found != to.shapes.end()) {
    const std::vector<int64_t>& shape = found->second;
    const auto first = shape.begin() + std::min<int64_t>(axis < 0 ? axis + shape.size() : axis, shape.size());
    if (first != shape.end() && std::all_of(first + 1, shape.end(), [](int64_t size) { return size == 1; })) {
      node.attributes["axis"] = static_cast<int64_t>(first - shape.begin());
      return;
    }
  }
  const std::string sizes = to.step(node, "sizes", "Shape", {node.inputs[0]});
  const std::string rows = to.step(node, "rows", "Flatten", {node.inputs[0]}, {{"axis", axis}});
  const std::string result = to.step(node, "result", node.op.c_str(), {rows}, {{"axis", int64_t{-1}}});
  node.op = "Reshape";
  node.inputs = {result, sizes};
  node.attributes.clear();
}

// 0.5 x (1 + erf(x / sqrt 2)), or its approximation 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
void gelu(Rewriter& to, Node& node) {
  const std::string x = node.inputs[0];
  std::string shape;
  if (node.text("approximate", "none") == "tanh") {
    const std::string cube = to.step(node, "cube", "Pow", {x, to.number(node, "three", 3)});
    const std::string small = to.step(node, "small", "Mul", {cube, to.number(node, "cubic", 0.044715)});
    const std::string sum = to.step(node, "sum", "Add", {x, small});
    const std::string argument =
        to.step(node, "argument", "Mul", {sum, to.number(node, "scale", std::sqrt(2 / std::numbers::pi))});
    shape = to.step(node, "tanh", "Tanh", {argument});
  } else {
    const std::string argument =
        to.step(node, "argument", "Div", {x, to.number(node, "root_two", std::numbers::sqrt2)});
    shape = to.step(node, "erf", "Erf", {argument});
  }
  const std::string gate = to.step(node, "gate", "Add", {shape, to.number(node, "one", 1)});
  const std::string gated = to.step(node, "gated", "Mul", {x, gate});
  node.op = "Mul";
  node.inputs = {gated, to.number(node, "half", 0.5)};
  node.attributes.clear();
}

// x tanh(log(1 + exp x)).
void mish(Rewriter& to, Node& node) {
  const std::string softplus = to.step(node, "softplus", "Softplus", {node.inputs[0]});
  const std::string gate = to.step(node, "gate", "Tanh", {softplus});
  node.op = "Mul";
  node.inputs = {node.inputs[0], gate};
}

// x sigmoid(alpha x).
void swish(Rewriter& to, Node& node) {
  const std::string x = node.inputs[0];
  const double alpha = node.number("alpha", 1);
  const std::string scaled =
      alpha == 1 ? x : to.step(node, "scaled", "Mul", {x, to.number(node, "alpha", alpha)});
  node.inputs = {x, to.step(node, "gate", "Sigmoid", {scaled})};
  node.op = "Mul";
  node.attributes.clear();
}

// gain x / sqrt(mean of x^2 + epsilon).
void rms_normalization(Rewriter& to, Node& node) {
  const std::string x = node.inputs[0], gain = node.inputs[1];
  int64_t axis = node.integer("axis", -1);
  const auto rank = to.rank(x);
  if (axis >= 0 && !rank) reject(title(node), "the rank must be known in operator set 17", "an unknown one");
  if (axis >= 0) axis -= *rank;
  std::vector<int64_t> axes;
  for (; axis < 0; ++axis) axes.push_back(axis);
  const std::string square = to.step(node, "square", "Mul", {x, x});
  const std::string mean = to.step(node, "mean", "ReduceMean", {square}, {{"axes", axes}});
  const std::string safe =
      to.step(node, "safe", "Add", {mean, to.number(node, "epsilon", node.number("epsilon", 1e-5))});
  const std::string unit = to.step(node, "unit", "Div", {x, to.step(node, "root", "Sqrt", {safe})});
  node.op = "Mul";
  node.inputs = {unit, gain};
  node.attributes.clear();
}

// Each group as one channel of an instance normalization, whose scale and bias are those of operator set 18;
// since 21 they are per channel and follow.
void group_normalization(Rewriter& to, Node& node) {
  const std::string x = node.inputs[0], scale = node.inputs[1], bias = node.inputs[2];
  const int64_t groups = node.integer("num_groups", 1);
  const double epsilon = node.number("epsilon", 1e-5);
  const bool per_channel = node.opset >= 21;
  const auto rank = to.rank(x);
  if (per_channel && !rank)
    reject(title(node), "the rank must be known in operator set 17", "an unknown one");
  const auto every_group = [&](const char* role, double value) {
    return to.constant(node, role, at::full({groups}, value, at::kFloat));
  };
  const std::string sizes = to.step(node, "sizes", "Shape", {x});
  const std::string rows =
      to.step(node, "rows", "Reshape", {x, to.integers(node, "groups", {0, groups, -1})});
  const std::string unit = to.step(
      node, "unit", "InstanceNormalization",
      {rows, per_channel ? every_group("ones", 1) : scale, per_channel ? every_group("zeros", 0) : bias},
      {{"epsilon", epsilon}});
  node.attributes.clear();
  if (!per_channel) {
    node.op = "Reshape";
    node.inputs = {unit, sizes};
    return;
  }
  const std::string whole = to.step(node, "whole", "Reshape", {unit, sizes});
  std::vector<int64_t> channels(static_cast<size_t>(*rank - 1), 1);
  channels[0] = -1;
  const std::string target = to.integers(node, "channels", channels);
  const std::string gain = to.step(node, "gain", "Reshape", {scale, target});
  const std::string scaled = to.step(node, "scaled", "Mul", {whole, gain});
  node.op = "Add";
  node.inputs = {scaled, to.step(node, "shift", "Reshape", {bias, target})};
}

}  // namespace shatterproof::rewriting
