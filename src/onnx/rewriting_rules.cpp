// SPDX-License-Identifier: Apache-2.0
#include "onnx/rewriting_rules.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "shatterproof/core/error.h"

namespace shatterproof::rewriting {
namespace {

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

// What a reduction makes of one number.
void reduce_alone(Node& node) {
  if (node.op == "ReduceL1" || node.op == "ReduceL2") {
    node.op = "Abs";
  } else if (node.op == "ReduceLogSum") {
    node.op = "Log";
  } else if (node.op == "ReduceSumSquare") {
    node.op = "Mul";
    node.inputs = {node.inputs[0], node.inputs[0]};
  } else {
    node.op = "Identity";
  }
  node.attributes.clear();
}

}  // namespace

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
    reduce_alone(node);
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

void average_pool(Rewriter&, Node& node) {
  const auto dilations = node.integers("dilations");
  if (std::any_of(dilations.begin(), dilations.end(), [](int64_t size) { return size != 1; }))
    reject(title(node), "dilations must be 1 in operator set 17", "others");
  node.attributes.erase("dilations");
}

void lp_pool(Rewriter& to, Node& node) {
  if (node.integer("ceil_mode", 0) != 0)
    reject(title(node), "ceil_mode must be 0 in operator set 17", "ceil_mode = 1");
  node.attributes.erase("ceil_mode");
  average_pool(to, node);
}

// Before 10 the number was an attribute.
void top_k(Rewriter& to, Node& node) {
  if (node.opset >= 10) return;
  put_input(node, 1, to.integers(node, "k", {node.integer("k", 1)}));
  node.attributes.erase("k");
}

void scatter(Rewriter&, Node& node) {
  const std::string reduction = node.text("reduction", "none");
  if (reduction == "max" || reduction == "min")
    reject(title(node), "reduction must exist in operator set 17", reduction);
  if (node.op == "Scatter") node.op = "ScatterElements";
}

// Upsample and the first Resize read floor(i / scale).
void resize(Rewriter& to, Node& node) {
  const bool old = node.op == "Upsample" || node.opset < 11;
  if (old) {
    const std::string scales =
        node.opset < 9 ? to.constant(node, "scales", at::tensor(node.numbers("scales"), at::kFloat))
                       : node.inputs.at(1);
    const std::string mode = node.text("mode", "nearest");
    node.op = "Resize";
    node.inputs = {node.inputs[0], "", scales};
    node.attributes = {{"mode", mode == "bilinear" ? "linear" : mode},
                       {"coordinate_transformation_mode", "asymmetric"},
                       {"nearest_mode", "floor"}};
  }
  const std::string coordinates = node.text("coordinate_transformation_mode", "half_pixel");
  if (coordinates == "tf_half_pixel_for_nn" || coordinates == "half_pixel_symmetric")
    reject(title(node), "coordinate_transformation_mode must exist in operator set 17", coordinates);
  if (node.has("axes")) reject(title(node), "all axes must be resized in operator set 17", "attribute axes");
  if (node.text("keep_aspect_ratio_policy", "stretch") != "stretch")
    reject(title(node), "keep_aspect_ratio_policy must be stretch in operator set 17", "another");
  node.attributes.erase("antialias");
  node.attributes.erase("keep_aspect_ratio_policy");
}

// 20 took the "bi" off.
void grid_sample(Rewriter&, Node& node) {
  if (node.opset < 20) return;
  const std::string mode = node.text("mode", "linear");
  node.attributes["mode"] = mode == "nearest" ? mode : "bi" + mode;
}

void roi_align(Rewriter&, Node& node) {
  if (node.opset < 16) node.attributes["coordinate_transformation_mode"] = "output_half_pixel";
}

// An initial state of one example, which here is that of all: left out where it is zero, else repeated.
void recurrent(Rewriter& to, Node& node) {
  constexpr size_t kFirstState = 5, kLastState = 6;
  const bool batch_first = node.integer("layout", 0) != 0;
  for (size_t i = kFirstState; i <= kLastState && i < node.inputs.size(); ++i) {
    const auto found = to.original.constants.find(node.inputs[i]);
    if (found == to.original.constants.end() || found->second.dim() != 3) continue;
    const at::Tensor& state = found->second;
    if (state.size(batch_first ? 0 : 1) != 1) continue;
    if (state.count_nonzero().item<int64_t>() == 0) {
      node.inputs[i].clear();
      continue;
    }
    const std::string sizes = to.step(node, "sizes", "Shape", {node.inputs[0]});
    const int64_t batch_axis = batch_first ? 0 : 1;
    const std::string batch =
        to.step(node, "batch", "Gather", {sizes, to.integers(node, "axis", {batch_axis})});
    std::vector<std::string> parts = {to.integers(node, "directions", {state.size(1 - batch_axis)}), batch};
    if (batch_first) std::swap(parts[0], parts[1]);
    parts.push_back(to.integers(node, "units", {state.size(2)}));
    const std::string target = to.step(node, "states", "Concat", parts, {{"axis", int64_t{0}}});
    node.inputs[i] = to.step(node, "state", "Expand", {node.inputs[i], target});
  }
}

}  // namespace shatterproof::rewriting
