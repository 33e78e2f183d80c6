// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "network/operators/bounds.h"
#include "network/operators/contract.h"
#include "network/operators/families.h"

namespace shatterproof {
namespace {

struct Pads {
  std::vector<int64_t> begin, end;  ///< per axis of the input; negative: that many are cut off
};

Pads pads_of(const OperatorCall& call, const at::Tensor& x) {
  const IntegerList given = attribute_or_input(call, call.node.opset < 2 ? "paddings" : "pads", 11, 1);
  std::vector<int64_t> axes(static_cast<size_t>(x.dim()));
  std::iota(axes.begin(), axes.end(), int64_t{0});
  if (call.node.opset >= 18 && has_input(call, 3)) {
    axes = integers_of_input(call, 3);
    axes_of(call, axes, x.dim());
  }
  if (given.values.size() != 2 * axes.size()) {
    reject_call(call, fmt::format("pads has {} numbers", 2 * axes.size()), shape_text(given.values));
  }
  Pads pads{std::vector<int64_t>(static_cast<size_t>(x.dim()), 0),
            std::vector<int64_t>(static_cast<size_t>(x.dim()), 0)};
  std::vector<int64_t> sizes = x.sizes().vec();
  for (size_t i = 0; i < axes.size(); ++i) {
    constexpr int64_t kLargest = int64_t{1} << 33;
    const int64_t begin = given.values[i], end = given.values[i + axes.size()];
    if (begin < -kLargest || begin > kLargest || end < -kLargest || end > kLargest) {
      reject_call(call, "pads lie in [-2^33, 2^33]", shape_text(given.values));
    }
    const auto axis = static_cast<size_t>(axis_of(call, axes[i], x.dim()));
    pads.begin[axis] = begin;
    pads.end[axis] = end;
    sizes[axis] += begin + end;
  }
  check_size(call, sizes, x.element_size());
  return pads;
}

/// Where position `i` of an axis of `size` copies from.
int64_t source(int64_t i, int64_t size, const std::string& mode) {
  if (mode == "edge") return std::clamp<int64_t>(i, 0, size - 1);
  if (mode == "wrap") return ((i % size) + size) % size;
  if (size == 1) return 0;
  const int64_t period = 2 * (size - 1);
  const int64_t phase = ((i % period) + period) % period;
  return phase < size ? phase : period - phase;
}

at::Tensor copied(const OperatorCall& call, at::Tensor x, const Pads& pads, const std::string& mode) {
  for (int64_t axis = 0; axis < x.dim(); ++axis) {
    const int64_t begin = pads.begin[static_cast<size_t>(axis)], end = pads.end[static_cast<size_t>(axis)];
    if (begin == 0 && end == 0) continue;
    const int64_t size = x.size(axis);
    if (size == 0 && begin + end > 0)
      reject_call(call, "an empty axis has nothing to copy", shape_text(x.sizes()));
    at::Tensor from = at::empty({size + begin + end}, at::kLong);
    int64_t* index = from.data_ptr<int64_t>();
    for (int64_t i = 0; i < from.numel(); ++i) index[i] = source(i - begin, size, mode);
    x = at::index_select(x, axis, from.to(x.device()));
  }
  return x;
}

std::vector<at::Tensor> pad(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  const Pads pads = pads_of(call, x);
  const std::string mode = call.node.text("mode", "constant");
  if (mode == "edge" || mode == "reflect" || (mode == "wrap" && call.node.opset >= 19)) {
    return {copied(call, x, pads, mode)};
  }
  if (mode != "constant")
    reject_call(call, "mode is constant, edge, reflect or, since operator set 19, wrap", mode);
  std::vector<int64_t> last_axis_first;
  for (size_t i = pads.begin.size(); i-- > 0;)
    last_axis_first.insert(last_axis_first.end(), {pads.begin[i], pads.end[i]});
  if (call.node.opset < 11) return {at::constant_pad_nd(x, last_axis_first, call.node.number("value", 0.0))};
  if (!has_input(call, 2)) return {at::constant_pad_nd(x, last_axis_first, 0)};
  const at::Scalar value = scalar_input(call, 2);
  if (!call.inputs[2].requires_grad()) return {at::constant_pad_nd(x, last_axis_first, value)};
  const at::Tensor outside = at::constant_pad_nd(at::zeros_like(x), last_axis_first, 1);
  return {at::constant_pad_nd(x, last_axis_first, 0) + outside * call.inputs[2].reshape({})};
}

constexpr OperatorRow kPaddingRows[] = {
    {{"Pad", OperatorRole::movement, true, 1, 4, pad},
     {"2, 11, 13, 18, 19, 21, 23, 24, 25", OrderRule::linear, Export::rewritten, pad_bound}}};

}  // namespace

std::span<const OperatorRow> padding_operators() {
  return kPaddingRows;
}

}  // namespace shatterproof
