// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "network/operators/contract.h"
#include "network/operators/families.h"

namespace shatterproof {
namespace {

/// `bound` counted from the front and clamped to [least, most].
int64_t clamped(int64_t bound, int64_t size, int64_t least, int64_t most) {
  return std::clamp(bound < 0 ? bound + size : bound, least, most);
}

at::Tensor sliced(const at::Tensor& x, int64_t axis, int64_t start, int64_t end, int64_t step) {
  const int64_t size = x.size(axis);
  // Beyond the axis a step takes one element, however far it goes.
  step = std::clamp<int64_t>(step, -std::max<int64_t>(size, 1), std::max<int64_t>(size, 1));
  if (step > 0) {
    const int64_t first = clamped(start, size, 0, size);
    return x.slice(axis, first, std::max(first, clamped(end, size, 0, size)), step);
  }
  const int64_t first = clamped(start, size, -1, size - 1);
  const int64_t before_last = clamped(end, size, -1, size - 1);
  const int64_t count = first > before_last ? (first - before_last - step - 1) / -step : 0;
  if (count == 0) return x.slice(axis, 0, 0);
  return x.slice(axis, first + (count - 1) * step, first + 1, -step).flip(axis);
}

std::vector<at::Tensor> slice(const OperatorCall& call) {
  at::Tensor x = input_of(call, 0);
  const IntegerList starts = attribute_or_input(call, "starts", 10, 1);
  const IntegerList ends = attribute_or_input(call, "ends", 10, 2);
  IntegerList axes = attribute_or_input(call, "axes", 10, 3);
  const size_t count = starts.values.size();
  if (!axes.given) {
    axes.values.resize(count);
    std::iota(axes.values.begin(), axes.values.end(), int64_t{0});
  }
  const std::vector<int64_t> steps = call.node.opset >= 10 && has_input(call, 4)
                                         ? integers_of_input(call, 4)
                                         : std::vector<int64_t>(count, 1);
  if (!starts.given || !ends.given || ends.values.size() != count || axes.values.size() != count ||
      steps.size() != count) {
    reject_call(call, "starts, ends, axes and steps have one length",
                fmt::format("{}, {}, {}, {}", count, ends.values.size(), axes.values.size(), steps.size()));
  }
  if (x.dim() == 0 && count > 0) reject_call(call, "input has at least one axis", "a scalar");
  axes_of(call, axes.values, x.dim());
  for (size_t i = 0; i < count; ++i) {
    if (steps[i] == 0) reject_call(call, "steps are not zero", shape_text(steps));
    x = sliced(x, axis_of(call, axes.values[i], x.dim()), starts.values[i], ends.values[i], steps[i]);
  }
  return {x};
}

/// Indices counted from the front, on the device of `x`.
at::Tensor front_indices(const OperatorCall& call, const at::Tensor& given, const at::Tensor& x,
                         int64_t size) {
  if (given.scalar_type() != at::kLong && given.scalar_type() != at::kInt) {
    reject_call(call, "indices are int32 or int64", c10::toString(given.scalar_type()));
  }
  const at::Tensor indices = given.to(x.device(), at::kLong);
  if (indices.numel() == 0) return indices;
  const auto [least, most] = at::aminmax(indices);
  if (least.item<int64_t>() < -size || most.item<int64_t>() >= size) {
    reject_call(call, fmt::format("indices lie in [{}, {})", -size, size),
                fmt::format("{} to {}", least.item<int64_t>(), most.item<int64_t>()));
  }
  return least.item<int64_t>() < 0 ? at::where(indices < 0, indices + size, indices) : indices;
}

std::vector<at::Tensor> gather(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  if (x.dim() == 0) reject_call(call, "input has at least one axis", "a scalar");
  const int64_t axis = axis_of(call, call.node.integer("axis", 0), x.dim());
  const at::Tensor indices = front_indices(call, input_of(call, 1), x, x.size(axis));
  if (indices.dim() == 0) return {x.select(axis, indices.item<int64_t>())};
  std::vector<int64_t> sizes = x.sizes().slice(0, static_cast<size_t>(axis)).vec();
  sizes.insert(sizes.end(), indices.sizes().begin(), indices.sizes().end());
  const at::IntArrayRef rest = x.sizes().slice(static_cast<size_t>(axis) + 1);
  sizes.insert(sizes.end(), rest.begin(), rest.end());
  check_size(call, sizes, x.element_size());
  const at::Tensor rows = at::index_select(x, axis, indices.dim() == 1 ? indices : indices.reshape({-1}));
  return {indices.dim() == 1 ? rows : rows.reshape(sizes)};
}

constexpr Operator kRows[] = {
    {"Gather", OperatorRole::movement, true, 2, 2, gather},
    {"Slice", OperatorRole::movement, true, 1, 5, slice},
};

}  // namespace

std::span<const Operator> indexing_operators() {
  return kRows;
}

}  // namespace shatterproof
