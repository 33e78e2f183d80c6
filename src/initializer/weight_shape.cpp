// SPDX-License-Identifier: Apache-2.0
#include "initializer/weight_shape.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "initializer/rectifier.h"
#include "network/weight_layout.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

// One number per axis, each `otherwise` when the attribute is absent.
std::vector<int64_t> per_axis(const Node& node, const char* attribute, int64_t otherwise, size_t count) {
  std::vector<int64_t> numbers = node.integers(attribute, std::vector<int64_t>(count, otherwise));
  if (numbers.size() == count) return numbers;
  reject(fmt::format("{} '{}'", node.op, node.name), fmt::format("{} must be {} numbers", attribute, count),
         std::to_string(numbers.size()));
}

void describe_convolution(const Node& node, WeightShape& shape) {
  const size_t axes = shape.sizes.size() - 2;
  shape.groups = node.integer("group", 1);
  if (shape.groups < 1 || shape.sizes[0] % shape.groups != 0) {
    reject(fmt::format("{} '{}'", node.op, node.name), "groups must divide the channels out",
           std::to_string(shape.groups));
  }
  shape.strides = per_axis(node, "strides", 1, axes);
  const std::vector<int64_t> pads = per_axis(node, "pads", 0, 2 * axes);
  const std::vector<int64_t> dilations = per_axis(node, "dilations", 1, axes);
  const bool same = node.text("auto_pad", "NOTSET").starts_with("SAME");
  for (size_t axis = 0; axis < axes; ++axis) {
    const int64_t before = dilations[axis] * (shape.sizes[axis + 2] / 2);
    const int64_t after = dilations[axis] * (shape.sizes[axis + 2] - 1) - before;
    const bool padded = same || (pads[axis] == before && pads[axis + axes] == after);
    shape.keeps_positions = shape.keeps_positions && shape.strides[axis] == 1 && padded;
  }
}

}  // namespace

WeightShape shape_of(const Network& network, const Structure& view, const Layer& layer) {
  const at::Tensor& stored = network.find_parameter(layer.weight)->value;
  WeightShape shape;
  shape.name = layer.weight;
  shape.sizes = stored.sizes().vec();
  shape.fan_in = layer.fan_in;
  shape.fan_out = layer.fan_out;
  const int64_t numbers = stored.numel();
  if (layer.kind == LayerKind::convolution) {
    const Node& node = network.nodes()[layer.node];
    if (layer.input_major) {
      shape.sizes[0] = layer.fan_out;
      shape.sizes[1] = stored.size(0) / node.integer("group", 1);
    }
    shape.kernel = shape.sizes[1] == 0 ? 1 : layer.fan_in / shape.sizes[1];
    describe_convolution(node, shape);
  } else {
    // Every gate of a recurrent node has a matrix of its own.
    const int64_t gates = gates_of(network.nodes()[layer.node]);
    if (layer.kind == LayerKind::recurrent) shape.state = layer.fan_out / gates;
    if (gates > 1 && layer.fan_out % gates == 0) {
      shape.fan_out /= gates;
      shape.sizes[shape.sizes.size() - 2] /= gates;
      shape.sizes.insert(shape.sizes.end() - 2, gates);
    }
    const size_t last = shape.sizes.size() - 1;
    if (layer.input_major) std::swap(shape.sizes[last], shape.sizes[last - 1]);
    if (numbers > 0) shape.matrices = numbers / (shape.fan_in * shape.fan_out);
  }
  shape.meets_rectifier = is_rectifier(network, view, layer.nonlinearity) ||
                          is_rectifier(network, view, layer.input_nonlinearity);
  return shape;
}

at::Tensor input_major(const Layer& layer, const WeightShape& shape, const at::Tensor& drawn) {
  if (layer.kind != LayerKind::convolution) return drawn.transpose(-1, -2).contiguous();
  const at::Tensor grouped = drawn.unflatten(0, {shape.groups, drawn.size(0) / shape.groups});
  return grouped.transpose(1, 2).flatten(0, 1).contiguous();
}

}  // namespace shatterproof
