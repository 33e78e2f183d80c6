// SPDX-License-Identifier: Apache-2.0
#include "onnx/operator_set_17.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>

#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

// What a rule works on: it changes `node`, which is added last, and may add nodes and constants before it.
struct Rewriter {
  explicit Rewriter(const GraphDraft& from, const Shapes& known) : original(from), shapes(known) {
    for (const Input& input : from.inputs) taken.insert(input.name);
    for (const std::string& value : from.constant_order) taken.insert(value);
    for (const Node& each : from.nodes) taken.insert(each.outputs.begin(), each.outputs.end());
  }

  std::string fresh(std::string name) {
    while (!taken.insert(name).second) name += "_";
    return name;
  }
  std::string constant(const Node& node, const char* role, at::Tensor value) {
    const std::string name = fresh(fmt::format("{}/{}", node.name, role));
    result.add_constant(name, std::move(value));
    return name;
  }
  std::string integers(const Node& node, const char* role, const std::vector<int64_t>& values) {
    return constant(node, role, at::tensor(values, at::kLong));
  }
  std::string number(const Node& node, const char* role, double value) {
    return constant(node, role, at::scalar_tensor(value, at::kFloat));
  }
  // Adds a node with one output, named like it.
  std::string step(const Node& node, const char* role, const char* op, std::vector<std::string> inputs,
                   std::map<std::string, Attribute> attributes = {}) {
    const std::string name = fresh(fmt::format("{}/{}", node.name, role));
    result.nodes.push_back(
        {name, op, kExportedOperatorSet, std::move(inputs), {name}, std::move(attributes)});
    return name;
  }
  // The entries of a node's input where it is a constant.
  std::optional<std::vector<int64_t>> known_integers(const Node& node, size_t index) const {
    if (index >= node.inputs.size() || node.inputs[index].empty()) return {};
    const auto found = original.constants.find(node.inputs[index]);
    if (found == original.constants.end()) return {};
    const at::Tensor wide = found->second.to(at::kLong).contiguous();
    return std::vector<int64_t>(wide.data_ptr<int64_t>(), wide.data_ptr<int64_t>() + wide.numel());
  }
  std::optional<int64_t> rank(const std::string& value) const {
    if (const auto found = shapes.find(value); found != shapes.end()) return found->second.size();
    if (const auto found = original.constants.find(value); found != original.constants.end())
      return found->second.dim();
    return {};
  }

  const GraphDraft& original;
  const Shapes& shapes;
  GraphDraft result;
  std::unordered_set<std::string> taken;
};

using Rule = void (*)(Rewriter&, Node&);

bool has_input(const Node& node, size_t index) {
  return index < node.inputs.size() && !node.inputs[index].empty();
}

// Appends an input at `index`, leaving out the optional ones before it.
void put_input(Node& node, size_t index, std::string value) {
  if (node.inputs.size() <= index) node.inputs.resize(index + 1);
  node.inputs[index] = std::move(value);
}

void integers_to_input(Rewriter& to, Node& node, const char* attribute, size_t index) {
  if (!node.has(attribute)) return;
  put_input(node, index, to.integers(node, attribute, node.integers(attribute)));
  node.attributes.erase(attribute);
}

void axes_to_input(Rewriter& to, Node& node) {
  integers_to_input(to, node, "axes", 1);
}

void axes_to_attribute(Rewriter& to, Node& node) {
  const bool noop = node.integer("noop_with_empty_axes", 0) != 0;
  node.attributes.erase("noop_with_empty_axes");
  const auto axes = to.known_integers(node, 1);
  if (has_input(node, 1) && !axes)
    reject(title(node), "axes must be constant in operator set 17", "computed ones");
  if (node.inputs.size() > 1) node.inputs.resize(1);
  if (axes && !axes->empty()) {
    node.attributes["axes"] = *axes;
  } else if (noop && !node.has("axes")) {
    node.op = "Identity";
    node.attributes.clear();
  }
}

void batch_normalization(Rewriter& to, Node& node) {
  if (node.integer("spatial", 1) == 0) reject(title(node), "statistics must be per channel", "spatial = 0");
  node.attributes.erase("spatial");
  if (node.integer("training_mode", 0) == 0) return;
  // Shape inference wants the updated statistics declared even when nobody reads them.
  node.outputs.resize(1);
  node.outputs.push_back(to.fresh(node.name + "/running_mean"));
  node.outputs.push_back(to.fresh(node.name + "/running_var"));
}

void clip(Rewriter& to, Node& node) {
  if (node.opset >= 11) return;
  if (node.has("min")) put_input(node, 1, to.number(node, "min", node.number("min", 0)));
  if (node.has("max")) put_input(node, 2, to.number(node, "max", node.number("max", 0)));
  node.attributes.erase("min");
  node.attributes.erase("max");
}

void split(Rewriter& to, Node& node) {
  integers_to_input(to, node, "split", 1);
  if (!node.has("num_outputs")) return;
  node.attributes.erase("num_outputs");
  if (has_input(node, 1)) return;
  // 18 allows a shorter last part where 17 wants equal ones: say the sizes.
  const auto found = to.shapes.find(node.inputs[0]);
  if (found == to.shapes.end()) reject(title(node), "shapes must be known to write num_outputs", "free axes");
  const auto rank = static_cast<int64_t>(found->second.size());
  const int64_t axis = node.integer("axis", 0), parts = static_cast<int64_t>(node.outputs.size());
  const int64_t size = found->second.at(static_cast<size_t>(axis < 0 ? axis + rank : axis));
  if (size % parts == 0) return;
  const int64_t part = (size + parts - 1) / parts;
  std::vector<int64_t> sizes(node.outputs.size(), part);
  sizes.back() = size - part * (parts - 1);
  put_input(node, 1, to.integers(node, "split", sizes));
}

void slice(Rewriter& to, Node& node) {
  if (node.opset >= 10) return;
  integers_to_input(to, node, "starts", 1);
  integers_to_input(to, node, "ends", 2);
  integers_to_input(to, node, "axes", 3);
}

void pad_all_axes(Rewriter& to, Node& node) {
  const auto axes = to.known_integers(node, 3), pads = to.known_integers(node, 1);
  const auto rank = to.rank(node.inputs[0]);
  if (!axes || !pads || !rank || pads->size() != 2 * axes->size())
    reject(title(node), "axes and pads must be constant in operator set 17", "computed ones");
  std::vector<int64_t> all(static_cast<size_t>(2 * *rank));
  for (size_t i = 0; i < axes->size(); ++i) {
    const int64_t axis = (*axes)[i] < 0 ? (*axes)[i] + *rank : (*axes)[i];
    all.at(static_cast<size_t>(axis)) = (*pads)[i];
    all.at(static_cast<size_t>(axis + *rank)) = (*pads)[axes->size() + i];
  }
  node.inputs[1] = to.integers(node, "pads", all);
}

void pad(Rewriter& to, Node& node) {
  if (node.text("mode", "constant") == "wrap")
    reject(title(node), "mode must exist in operator set 17", "wrap");
  if (node.opset < 11) {
    integers_to_input(to, node, "pads", 1);
    if (node.has("value")) put_input(node, 2, to.number(node, "value", node.number("value", 0)));
    node.attributes.erase("value");
  }
  if (has_input(node, 3)) pad_all_axes(to, node);
  if (node.inputs.size() > 3) node.inputs.resize(3);
}

void cast(Rewriter&, Node& node) {
  node.attributes.erase("saturate");
}

void dropout(Rewriter& to, Node& node) {
  if (node.opset >= 12 || !node.has("ratio")) return;
  put_input(node, 1, to.number(node, "ratio", node.number("ratio", 0)));
  node.attributes.erase("ratio");
}

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

void average_pool(Rewriter&, Node& node) {
  const auto dilations = node.integers("dilations");
  if (std::any_of(dilations.begin(), dilations.end(), [](int64_t size) { return size != 1; }))
    reject(title(node), "dilations must be 1 in operator set 17", "others");
  node.attributes.erase("dilations");
}

struct Row {
  std::string_view op;
  Rule rule = nullptr;  // none: operator sets 7 to 21 write it alike
};

constexpr Row kRules[] = {
    {"Abs"},
    {"Add"},
    {"AveragePool", average_pool},
    {"BatchNormalization", batch_normalization},
    {"Cast", cast},
    {"Clip", clip},
    {"Concat"},
    {"Constant"},
    {"ConstantOfShape"},
    {"Conv"},
    {"Div"},
    {"Dropout", dropout},
    {"Elu"},
    {"Equal"},
    {"Erf"},
    {"Exp"},
    {"Expand"},
    {"Flatten"},
    {"Gather"},
    {"Gelu", gelu},
    {"Gemm"},
    {"GlobalAveragePool"},
    {"Identity"},
    {"LRN"},
    {"LayerNormalization"},
    {"LeakyRelu"},
    {"Log"},
    {"LogSoftmax", softmax},
    {"MatMul"},
    {"Max"},
    {"MaxPool"},
    {"Min"},
    {"Mul"},
    {"Neg"},
    {"PRelu"},
    {"Pad", pad},
    {"Pow"},
    {"Reciprocal"},
    {"ReduceMean", axes_to_attribute},
    {"ReduceSum", axes_to_input},
    {"Relu"},
    {"Reshape"},
    {"Selu"},
    {"Shape"},
    {"Sigmoid"},
    {"Slice", slice},
    {"Softmax", softmax},
    {"Split", split},
    {"Sqrt"},
    {"Squeeze", axes_to_input},
    {"Sub"},
    {"Sum"},
    {"Tanh"},
    {"Tile"},
    {"Transpose"},
    {"Unsqueeze", axes_to_input},
    {"Where"},
};

const Row* find_row(std::string_view op) {
  const auto row =
      std::find_if(std::begin(kRules), std::end(kRules), [&](const Row& each) { return each.op == op; });
  return row == std::end(kRules) ? nullptr : row;
}

}  // namespace

bool is_exportable(std::string_view op) {
  return find_row(op) != nullptr;
}

GraphDraft in_operator_set_17(const GraphDraft& draft, const Shapes& shapes) {
  Rewriter rewriter(draft, shapes);
  GraphDraft& result = rewriter.result;
  result.name = draft.name;
  result.inputs = draft.inputs;
  result.outputs = draft.outputs;
  for (const std::string& value : draft.constant_order) result.add_constant(value, draft.constants.at(value));
  for (Node node : draft.nodes) {
    const Row* row = find_row(node.op);
    if (!row) reject(title(node), "its operator must have a rule for operator set 17", "none");
    if (row->rule) row->rule(rewriter, node);
    node.opset = kExportedOperatorSet;
    result.nodes.push_back(std::move(node));
  }
  drop_unused_constants(result);
  return result;
}

}  // namespace shatterproof
