// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "network/operators/bounds.h"
#include "network/operators/contract.h"
#include "network/operators/families.h"
#include "network/operators/resized_axis.h"

namespace shatterproof {
namespace {

std::string one_of(const OperatorCall& call, const char* attribute, const std::string& otherwise,
                   std::initializer_list<std::string_view> known) {
  const std::string given = call.node.text(attribute, otherwise);
  if (std::find(known.begin(), known.end(), given) == known.end())
    reject_call(call, fmt::format("{} is {}", attribute, fmt::join(known, " or ")), given);
  return given;
}

Interpolation interpolation_of(const OperatorCall& call) {
  Interpolation interpolation;
  interpolation.mode = call.node.text("mode", "nearest");
  // Keras wrote the name that operator set 7 began with.
  if (interpolation.mode == "bilinear") interpolation.mode = "linear";
  if (interpolation.mode != "nearest" && interpolation.mode != "linear" && interpolation.mode != "cubic")
    reject_call(call, "mode is nearest, linear or cubic", interpolation.mode);
  if (call.node.op == "Upsample" || call.node.opset < 11) {
    interpolation.coordinates = "asymmetric";
    interpolation.nearest = "floor";
    return interpolation;
  }
  interpolation.coordinates =
      one_of(call, "coordinate_transformation_mode", "half_pixel",
             {"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric",
              "tf_half_pixel_for_nn", "tf_crop_and_resize"});
  interpolation.nearest = one_of(call, "nearest_mode", "round_prefer_floor",
                                 {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"});
  interpolation.cubic_coefficient = call.node.number("cubic_coeff_a", -0.75);
  interpolation.excludes_outside = call.node.integer("exclude_outside", 0) != 0;
  interpolation.extrapolation = call.node.number("extrapolation_value", 0.0);
  if (call.node.integer("antialias", 0) != 0)
    reject_call(call, "antialias is not supported", "antialias = 1");
  return interpolation;
}

std::vector<double> numbers_of(const at::Tensor& tensor) {
  const at::Tensor list = tensor.detach().to(at::kCPU, at::kDouble).contiguous();
  const double* values = list.data_ptr<double>();
  return {values, values + list.numel()};
}

/// The numbers of an optional input; an empty one stands for none.
std::vector<double> list_input(const OperatorCall& call, size_t i) {
  return has_input(call, i) ? numbers_of(call.inputs[i]) : std::vector<double>{};
}

/// scale * size rounded down in float32, the type that carries the scale: 0.7 times 10 is 7.
int64_t scaled(const OperatorCall& call, double scale, int64_t size) {
  constexpr double kMost = 1e9;
  const float product = static_cast<float>(scale) * static_cast<float>(size);
  if (!(scale > 0) || !(product <= kMost))
    reject_call(call, "scales are positive and finite", fmt::format("{}", scale));
  return static_cast<int64_t>(std::floor(product));
}

std::vector<ResizedAxis> by_scales(const OperatorCall& call, const at::Tensor& x,
                                   const std::vector<int64_t>& axes, const std::vector<double>& scales) {
  std::vector<ResizedAxis> resized;
  for (size_t i = 0; i < axes.size(); ++i)
    resized.push_back({axes[i], scaled(call, scales[i], x.size(axes[i])), scales[i]});
  return resized;
}

/// Sizes as given or, where the aspect ratio is kept, by the one scale that fits inside or covers them.
std::vector<ResizedAxis> by_sizes(const OperatorCall& call, const at::Tensor& x,
                                  const std::vector<int64_t>& axes, const std::vector<double>& sizes) {
  const std::string policy =
      one_of(call, "keep_aspect_ratio_policy", "stretch", {"stretch", "not_larger", "not_smaller"});
  std::vector<double> scales;
  for (size_t i = 0; i < axes.size(); ++i) scales.push_back(sizes[i] / static_cast<double>(x.size(axes[i])));
  std::vector<ResizedAxis> resized;
  for (size_t i = 0; i < axes.size(); ++i) resized.push_back({axes[i], std::llround(sizes[i]), scales[i]});
  if (policy == "stretch" || axes.empty()) return resized;
  const double scale = policy == "not_larger" ? *std::min_element(scales.begin(), scales.end())
                                              : *std::max_element(scales.begin(), scales.end());
  for (ResizedAxis& axis : resized) {
    axis.scale = scale;
    axis.size = static_cast<int64_t>(std::floor(scale * static_cast<double>(x.size(axis.axis)) + 0.5));
  }
  return resized;
}

/// Scales were an attribute until operator set 9 and input 1 until 11.
std::vector<double> scales_of(const OperatorCall& call) {
  if (call.node.opset < 9) return call.node.numbers("scales");
  return list_input(call, call.node.op == "Upsample" || call.node.opset < 11 ? 1 : 2);
}

std::vector<ResizedAxis> resized_axes(const OperatorCall& call, const at::Tensor& x) {
  std::vector<int64_t> axes = call.node.integers("axes");
  for (int64_t& axis : axes) axis = axis_of(call, axis, x.dim());
  if (!call.node.has("axes")) {
    axes.resize(static_cast<size_t>(x.dim()));
    std::iota(axes.begin(), axes.end(), int64_t{0});
  }
  axes_of(call, axes, x.dim());
  const std::vector<double> scales = scales_of(call), sizes = list_input(call, 3);
  if (scales.empty() == sizes.empty() || std::max(scales.size(), sizes.size()) != axes.size()) {
    reject_call(call, fmt::format("has {} scales or sizes", axes.size()),
                fmt::format("{} and {}", scales.size(), sizes.size()));
  }
  return scales.empty() ? by_sizes(call, x, axes, sizes) : by_scales(call, x, axes, scales);
}

void read_regions(const OperatorCall& call, std::vector<ResizedAxis>& axes) {
  const std::vector<double> regions = list_input(call, 1);
  if (regions.size() != 2 * axes.size())
    reject_call(call, fmt::format("roi has {} numbers", 2 * axes.size()), fmt::format("{}", regions.size()));
  for (size_t i = 0; i < axes.size(); ++i) {
    axes[i].start = regions[i];
    axes[i].end = regions[i + axes.size()];
  }
}

std::vector<at::Tensor> resize(const OperatorCall& call) {
  const at::Tensor& given = input_of(call, 0);
  const Interpolation interpolation = interpolation_of(call);
  std::vector<ResizedAxis> axes = resized_axes(call, given);
  const bool crops = interpolation.coordinates == "tf_crop_and_resize";
  if (crops) read_regions(call, axes);
  std::vector<int64_t> sizes = given.sizes().vec();  // the largest on the way, axis by axis
  for (const ResizedAxis& axis : axes) {
    sizes[static_cast<size_t>(axis.axis)] = std::max(axis.size, given.size(axis.axis));
    if (axis.size < 0 || (axis.size > 0 && given.size(axis.axis) == 0))
      reject_call(call, "sizes are positive where there is something to resize",
                  fmt::format("{}", axis.size));
  }
  check_size(call, sizes, given.element_size());
  const bool exact = interpolation.mode == "nearest" || given.is_floating_point();
  at::Tensor x = exact ? given : given.to(at::kFloat);
  for (const ResizedAxis& axis : axes) {
    if (!crops && axis.size == x.size(axis.axis) && axis.scale == 1) continue;
    x = resized(x, axis, interpolation);
  }
  return {x.to(given.scalar_type())};
}

constexpr OperatorRow kResizeRows[] = {
    {{"Resize", OperatorRole::pooling, true, 1, 4, resize},
     {"10, 11, 13, 18, 19", OrderRule::linear_in_first, Export::rewritten, resize_bound}},
    {{"Upsample", OperatorRole::pooling, true, 1, 2, resize},
     {"7, 9 (until 9)", OrderRule::linear_in_first, Export::rewritten, resize_bound}},
};

}  // namespace

std::span<const OperatorRow> resize_operators() {
  return kResizeRows;
}

}  // namespace shatterproof
