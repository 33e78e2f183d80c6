// SPDX-License-Identifier: Apache-2.0
#include "initializer/unit_axis.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace shatterproof {
namespace {

template <typename Rule>
bool reduces_only(const Node& node, Rule rule) {
  const std::vector<int64_t> axes = node.integers("axes");
  return !axes.empty() && std::all_of(axes.begin(), axes.end(), rule);
}

}  // namespace

UnitAxis units_after(const Network& network, const Layer& layer, UnitAxis read) {
  const Node& node = network.nodes()[layer.node];
  if (layer.kind == LayerKind::convolution) return UnitAxis::channels;
  if (node.inputs[0] == layer.effective_weight || node.op == "Einsum") return UnitAxis::unknown;
  return node.op == "Gemm" || read == UnitAxis::only ? UnitAxis::only : UnitAxis::last;
}

bool joins_units(const Node& concatenation, UnitAxis units) {
  const int64_t axis = concatenation.integer("axis", 1);
  return (axis == 1 && (units == UnitAxis::only || units == UnitAxis::channels)) ||
         (axis == -1 && (units == UnitAxis::only || units == UnitAxis::last));
}

bool flattens(const Network& network, const Node& node) {
  if (node.op == "Flatten") return node.integer("axis", 1) == 1;
  if (node.op != "Reshape" || node.inputs.size() < 2) return false;
  const Parameter* shape = network.find_parameter(node.inputs[1]);
  if (shape) return shape->value.numel() == 2;
  const int64_t maker = network.producer(node.inputs[1]);
  if (maker < 0) return false;
  const Node& made = network.nodes()[static_cast<size_t>(maker)];
  return made.op == "Concat" && made.inputs.size() == 2;
}

bool pads_positions(const Network& network, const Node& node) {
  constexpr size_t kPads = 1, kPaddedWith = 2, kAxes = 3;
  if (node.inputs.size() <= kPads || node.inputs.size() > kAxes) return false;
  if (node.inputs.size() > kPaddedWith && !node.inputs[kPaddedWith].empty()) {
    const Parameter* padded_with = network.find_parameter(node.inputs[kPaddedWith]);
    if (!padded_with || padded_with->value.count_nonzero().item<int64_t>() != 0) return false;
  }
  const Parameter* pads = network.find_parameter(node.inputs[kPads]);
  if (!pads || pads->value.dim() != 1) return false;
  const int64_t rank = pads->value.numel() / 2;
  return rank > 1 && pads->value[1].item<int64_t>() == 0 && pads->value[1 + rank].item<int64_t>() == 0;
}

bool reduces_positions(const Node& node) {
  return reduces_only(node, [](int64_t axis) { return axis > 1; });
}

bool reduces_batch(const Node& node) {
  return reduces_only(node, [](int64_t axis) { return axis == 0; });
}

}  // namespace shatterproof
