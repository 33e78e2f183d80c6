// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/initializer/weight.h"

#include <ATen/ATen.h>

namespace shatterproof {
namespace {

struct Axes {
  size_t units, inputs;
};

Axes axes_of(const WeightShape& shape) {
  const size_t last = shape.sizes.size() - 1;
  return shape.is_convolution() ? Axes{0, 1} : Axes{last - 1, last};
}

}  // namespace

WeightShape core_of(const WeightShape& shape) {
  WeightShape core = shape;
  core.mirror = {};
  if (shape.mirror.outputs) {
    core.sizes[axes_of(shape).units] /= 2;
    core.fan_out /= 2;
  }
  if (shape.mirror.inputs) {
    core.sizes[axes_of(shape).inputs] /= 2;
    core.fan_in /= 2;
  }
  return core;
}

at::Tensor mirrored(const at::Tensor& core, const WeightShape& shape) {
  at::Tensor weight = core;
  const auto repeat = [&](size_t axis) { weight = at::cat({weight, -weight}, static_cast<int64_t>(axis)); };
  if (shape.mirror.input_gain != 1) weight = weight / shape.mirror.input_gain;
  if (shape.mirror.inputs) repeat(axes_of(shape).inputs);
  if (shape.mirror.outputs) repeat(axes_of(shape).units);
  return weight;
}

}  // namespace shatterproof
