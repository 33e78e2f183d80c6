// SPDX-License-Identifier: Apache-2.0
#include "network/operators/resized_axis.h"

#include <ATen/ATen.h>

namespace shatterproof {
namespace {

/// Where each output position comes from, [output] in double.
at::Tensor sources(const ResizedAxis& axis, int64_t input_size, const std::string& mode) {
  const at::Tensor i = at::arange(axis.size, at::kDouble);
  const auto input = static_cast<double>(input_size), output = static_cast<double>(axis.size);
  if (mode == "asymmetric") return i / axis.scale;
  if (mode == "tf_half_pixel_for_nn") return (i + 0.5) / axis.scale;
  if (mode == "align_corners") return axis.size > 1 ? i * ((input - 1) / (output - 1)) : i;
  if (mode == "tf_crop_and_resize") {
    if (axis.size == 1) return i + 0.5 * (axis.start + axis.end) * (input - 1);
    return i * ((axis.end - axis.start) * (input - 1) / (output - 1)) + axis.start * (input - 1);
  }
  if (mode == "pytorch_half_pixel" && axis.size == 1) return i;
  const double offset = mode == "half_pixel_symmetric" ? input / 2 * (1 - output / (axis.scale * input)) : 0;
  return (i + 0.5) / axis.scale - 0.5 + offset;
}

at::Tensor nearest(const at::Tensor& source, const std::string& mode) {
  if (mode == "floor") return at::floor(source);
  if (mode == "ceil") return at::ceil(source);
  if (mode == "round_prefer_ceil") return at::floor(source + 0.5);
  return at::ceil(source - 0.5);  // round_prefer_floor
}

/// Keys' cubic convolution at distance |d| <= 2 with coefficient a.
at::Tensor cubic(const at::Tensor& distance, double a) {
  const at::Tensor d = at::abs(distance);
  const at::Tensor near = ((a + 2) * d - (a + 3)) * d * d + 1;
  const at::Tensor far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return at::where(d <= 1, near, at::where(d < 2, far, at::zeros({}, d.options())));
}

/// Which input positions each output position reads and with which weights, both [taps, output].
struct Taps {
  at::Tensor positions, weights;
};

Taps taps_of(const at::Tensor& source, int64_t input_size, const Interpolation& interpolation) {
  const bool is_cubic = interpolation.mode == "cubic";
  const at::Tensor offsets = at::arange(is_cubic ? -1 : 0, is_cubic ? 3 : 2, at::kDouble).unsqueeze(1);
  const at::Tensor positions = at::floor(source) + offsets;
  const at::Tensor distance = source - positions;
  at::Tensor weights = is_cubic ? cubic(distance, interpolation.cubic_coefficient) : 1 - at::abs(distance);
  if (interpolation.excludes_outside) {
    const at::Tensor outside = at::logical_or(positions < 0, positions >= input_size);
    weights = weights.masked_fill(outside, 0);
    weights = weights / weights.sum(0, /*keepdim=*/true);
  }
  return {positions, weights};
}

at::Tensor as_index(const at::Tensor& positions, const at::Tensor& x, int64_t input_size) {
  return at::clamp(positions, 0, input_size - 1).to(x.device(), at::kLong);
}

/// Numbers along one axis, shaped to broadcast over the others.
at::Tensor along(const at::Tensor& numbers, const at::Tensor& x, int64_t axis) {
  std::vector<int64_t> sizes(static_cast<size_t>(x.dim()), 1);
  sizes[static_cast<size_t>(axis)] = numbers.numel();
  return numbers.to(x.device()).reshape(sizes);
}

}  // namespace

at::Tensor resized(const at::Tensor& x, const ResizedAxis& axis, const Interpolation& interpolation) {
  const int64_t size = x.size(axis.axis);
  const at::Tensor source = sources(axis, size, interpolation.coordinates);
  at::Tensor y;
  if (interpolation.mode == "nearest") {
    y = at::index_select(x, axis.axis, as_index(nearest(source, interpolation.nearest), x, size));
  } else {
    const Taps taps = taps_of(source, size, interpolation);
    for (int64_t k = 0; k < taps.positions.size(0); ++k) {
      const at::Tensor read = at::index_select(x, axis.axis, as_index(taps.positions[k], x, size));
      const at::Tensor weighted = read * along(taps.weights[k].to(x.scalar_type()), x, axis.axis);
      y = y.defined() ? y + weighted : weighted;
    }
  }
  if (interpolation.coordinates != "tf_crop_and_resize") return y;
  const at::Tensor outside = at::logical_or(source<0, source> static_cast<double>(size - 1));
  return y.masked_fill(along(outside, x, axis.axis), interpolation.extrapolation);
}

}  // namespace shatterproof
