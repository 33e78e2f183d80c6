// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>

#include "network/operators/bounds.h"
#include "network/operators/contract.h"
#include "network/operators/families.h"
#include "network/operators/window.h"

namespace shatterproof {
namespace {

struct Pooled {
  at::Tensor values, indices;
};

bool rounds_up(const OperatorCall& call) {
  return call.node.integer("ceil_mode", 0) != 0;
}

/// Whether ATen's own padding is what the node asks for: equal at both ends and at most half the kernel.
bool pads_natively(const Window& window) {
  if (!window.symmetric()) return false;
  for (size_t i = 0; i < window.kernel.size(); ++i) {
    if (2 * window.begin[i] > window.kernel[i]) return false;
  }
  return true;
}

void check_pooled(const OperatorCall& call, const at::Tensor& x, const Window& window) {
  for (size_t i = 0; i < window.kernel.size(); ++i) {
    const int64_t reach = window.dilations[i] * (window.kernel[i] - 1) + 1;
    if (window.begin[i] >= reach || window.end[i] >= reach)
      reject_call(call, "pads are smaller than the window: a window of pads alone has no value",
                  fmt::format("{} and {} at a window of {}", window.begin[i], window.end[i], reach));
  }
  std::vector<int64_t> sizes = {x.size(0), x.size(1)};
  sizes.insert(sizes.end(), window.output.begin(), window.output.end());
  check_size(call, sizes, 8);
}

Pooled max_pooled(const at::Tensor& x, const Window& window, const std::vector<int64_t>& pads,
                  bool ceil_mode) {
  const auto pool = window.kernel.size() == 1   ? at::max_pool1d_with_indices
                    : window.kernel.size() == 2 ? at::max_pool2d_with_indices
                                                : at::max_pool3d_with_indices;
  const auto [values, indices] = pool(x, window.kernel, window.strides, pads, window.dilations, ceil_mode);
  return {values, indices};
}

/// ATen counts positions within a channel of `padded` sizes; ONNX in the whole unpadded tensor, along the
/// last axis first or, with storage_order 1, along the first spatial axis first.
at::Tensor whole_indices(const at::Tensor& within, const at::Tensor& x, const std::vector<int64_t>& padded,
                         const std::vector<int64_t>& begin, bool column_major) {
  const at::IntArrayRef spatial = x.sizes().slice(2);
  const size_t axes = spatial.size();
  int64_t plane = 1;
  std::vector<int64_t> stride(axes);
  for (size_t k = 0; k < axes; ++k) {
    const size_t i = column_major ? k : axes - 1 - k;
    stride[i] = plane;
    plane *= spatial[i];
  }
  at::Tensor rest = within;
  at::Tensor index = at::zeros_like(within);
  for (size_t i = axes; i-- > 0;) {
    index = index + (at::remainder(rest, padded[i]) - begin[i]) * stride[i];
    rest = at::floor_divide(rest, padded[i]);
  }
  std::vector<int64_t> per_channel(static_cast<size_t>(x.dim()), 1);
  per_channel[0] = x.size(0);
  per_channel[1] = x.size(1);
  return index + (at::arange(x.size(0) * x.size(1), within.options()) * plane).reshape(per_channel);
}

std::vector<at::Tensor> max_pool(const OperatorCall& call) {
  const at::Tensor& given = input_of(call, 0);
  // Of the integers the operator set allows those of 8 bits only, which float32 holds exactly.
  const at::Tensor x = given.is_floating_point() && !is_half(given) ? given : given.to(at::kFloat);
  const Window window = window_of(call, x, {}, rounds_up(call));
  check_pooled(call, x, window);
  Pooled pooled;
  std::vector<int64_t> padded = x.sizes().slice(2).vec();
  std::vector<int64_t> begin(window.kernel.size(), 0);
  if (pads_natively(window)) {
    pooled = max_pooled(x, window, window.begin, rounds_up(call));
  } else {
    const std::vector<int64_t> end = window.exact_end(padded);
    const at::Tensor wide = pad_spatial(call, x, window.begin, end, -std::numeric_limits<double>::infinity());
    pooled = max_pooled(wide, window, begin, false);
    padded = wide.sizes().slice(2).vec();
    begin = window.begin;
  }
  if (x.scalar_type() != given.scalar_type()) pooled.values = pooled.values.to(given.scalar_type());
  if (!wants_output(call, 1)) return {pooled.values, at::Tensor()};
  const bool column_major = call.node.integer("storage_order", 0) != 0;
  return {pooled.values, whole_indices(pooled.indices, x, padded, begin, column_major)};
}

/// Sum over every window of `x`, [examples, 1, spatial...], without padding.
at::Tensor window_sums(const at::Tensor& x, const Window& window) {
  std::vector<int64_t> kernel = {1, 1};
  kernel.insert(kernel.end(), window.kernel.begin(), window.kernel.end());
  const std::vector<int64_t> none(window.kernel.size(), 0);
  return at::convolution(x, at::ones(kernel, x.options()), {}, window.strides, none, window.dilations, false,
                         none, 1);
}

/// Sum over every window of `x`, [batch, channels, spatial...], padded with zeros.
at::Tensor padded_sums(const OperatorCall& call, const at::Tensor& x, const Window& window) {
  const at::Tensor padded = pad_spatial(call, x, window.begin, window.exact_end(x.sizes().slice(2)), 0);
  std::vector<int64_t> flat = padded.sizes().vec();
  flat[0] *= flat[1];
  flat[1] = 1;
  std::vector<int64_t> sizes = {x.size(0), x.size(1)};
  sizes.insert(sizes.end(), window.output.begin(), window.output.end());
  return window_sums(padded.reshape(flat), window).reshape(sizes);
}

/// For pads and dilations that ATen's pools do not have: sums over windows by the numbers that count in each.
at::Tensor average_by_sums(const OperatorCall& call, const at::Tensor& x, const Window& window,
                           bool counts_pads) {
  const at::IntArrayRef spatial = x.sizes().slice(2);
  const std::vector<int64_t> end = window.exact_end(spatial);
  std::vector<int64_t> one = {1, 1};
  one.insert(one.end(), spatial.begin(), spatial.end());
  at::Tensor counted = at::ones(one, x.options());
  std::vector<int64_t> end_after = end;
  std::vector<int64_t> begin = window.begin;
  if (counts_pads) {
    counted = pad_spatial(call, counted, window.begin, window.end, 1);
    for (size_t i = 0; i < end.size(); ++i) end_after[i] -= window.end[i];
    std::fill(begin.begin(), begin.end(), 0);
  }
  counted = pad_spatial(call, counted, begin, end_after, 0);
  return padded_sums(call, x, window) / window_sums(counted, window);
}

std::vector<at::Tensor> average_pool(const OperatorCall& call) {
  const at::Tensor& x = floating_input(call, 0);
  const Window window = window_of(call, x, {}, rounds_up(call));
  check_pooled(call, x, window);
  const bool counts_pads = call.node.integer("count_include_pad", 0) != 0;
  if (!pads_natively(window) || window.dilated()) {
    return {average_by_sums(call, x, window, counts_pads)};
  }
  const bool ceil_mode = rounds_up(call);
  switch (window.kernel.size()) {
    case 1:
      return {at::avg_pool1d(x, window.kernel, window.strides, window.begin, ceil_mode, counts_pads)};
    case 2:
      return {at::avg_pool2d(x, window.kernel, window.strides, window.begin, ceil_mode, counts_pads)};
    default:
      return {at::avg_pool3d(x, window.kernel, window.strides, window.begin, ceil_mode, counts_pads)};
  }
}

std::vector<int64_t> position_axes(const OperatorCall& call, const at::Tensor& x) {
  if (x.dim() < 3) reject_call(call, "input is [batch, channels, positions...]", shape_text(x.sizes()));
  std::vector<int64_t> axes(static_cast<size_t>(x.dim() - 2));
  std::iota(axes.begin(), axes.end(), int64_t{2});
  return axes;
}

std::vector<at::Tensor> global_average_pool(const OperatorCall& call) {
  const at::Tensor& x = floating_input(call, 0);
  return {at::mean(x, position_axes(call, x), /*keepdim=*/true)};
}

std::vector<at::Tensor> global_max_pool(const OperatorCall& call) {
  const at::Tensor& x = floating_input(call, 0);
  return {at::amax(x, position_axes(call, x), /*keepdim=*/true)};
}

/// The p of an L_p norm: an integer since operator set 2, a number before.
double norm_order(const OperatorCall& call) {
  const double p =
      call.node.opset < 2 ? call.node.number("p", 2.0) : static_cast<double>(call.node.integer("p", 2));
  if (!(p >= 1)) reject_call(call, "p is at least 1", fmt::format("{}", p));
  return p;
}

/// x^(1/p) with derivative 0 at 0, where that of the root is infinite.
at::Tensor root(const at::Tensor& x, double p) {
  const at::Tensor zero = x.detach().eq(0);
  return at::pow(x.masked_fill(zero, 1), 1 / p).masked_fill(zero, 0);
}

/// (sum |x|^p)^(1/p) over each window.
std::vector<at::Tensor> lp_pool(const OperatorCall& call) {
  const at::Tensor& x = floating_input(call, 0);
  const double p = norm_order(call);
  const Window window = window_of(call, x, {}, rounds_up(call));
  check_pooled(call, x, window);
  return {root(padded_sums(call, at::pow(at::abs(x), p), window), p)};
}

std::vector<at::Tensor> global_lp_pool(const OperatorCall& call) {
  const at::Tensor& x = floating_input(call, 0);
  const double p = norm_order(call);
  return {root(at::sum(at::pow(at::abs(x), p), position_axes(call, x), /*keepdim=*/true), p)};
}

/// Zeros, and the values where MaxPool took them from. Indices count in the tensor that the window makes out
/// of the input; a larger output shape adds zeros after it.
std::vector<at::Tensor> max_unpool(const OperatorCall& call) {
  const at::Tensor& x = floating_input(call, 0);
  const size_t axes = position_axes(call, x).size();
  if (!call.node.has("kernel_shape")) reject_call(call, "needs attribute kernel_shape", "none");
  const std::vector<int64_t> kernel = window_attribute(call, "kernel_shape", axes, 1, 1);
  const std::vector<int64_t> strides = window_attribute(call, "strides", axes, 1, 1);
  const std::vector<int64_t> pads = window_attribute(call, "pads", 2 * axes, 0, 0);
  std::vector<int64_t> sizes = x.sizes().vec();
  for (size_t i = 0; i < axes; ++i)
    sizes[i + 2] = (sizes[i + 2] - 1) * strides[i] + kernel[i] - pads[i] - pads[i + axes];
  check_size(call, sizes, x.element_size());
  const int64_t count = c10::multiply_integers(sizes);
  const at::Tensor indices = front_indices(call, input_of(call, 1), x, count);
  if (indices.sizes() != x.sizes()) {
    reject_call(call, fmt::format("indices are {}", shape_text(x.sizes())), shape_text(indices.sizes()));
  }
  const at::Tensor unpooled =
      at::zeros({count}, x.options()).scatter(0, indices.flatten(), x.flatten()).reshape(sizes);
  if (!has_input(call, 2)) return {unpooled};
  const std::vector<int64_t> wanted = integers_of_input(call, 2);
  check_size(call, wanted, x.element_size());
  if (wanted.size() != sizes.size() || wanted[0] != sizes[0] || wanted[1] != sizes[1])
    reject_call(call, fmt::format("the output shape extends {}", shape_text(sizes)), shape_text(wanted));
  std::vector<int64_t> none(axes, 0), missing(axes);
  for (size_t i = 0; i < axes; ++i) missing[i] = wanted[i + 2] - sizes[i + 2];
  return {pad_spatial(call, unpooled, none, missing, 0)};
}

constexpr OperatorRow kPoolingRows[] = {
    {{"AveragePool", OperatorRole::pooling, true, 1, 1, average_pool},
     {"7, 10, 11, 19, 22", OrderRule::linear, Export::rewritten, window_bound}},
    {{"GlobalAveragePool", OperatorRole::pooling, true, 1, 1, global_average_pool},
     {"1, 22", OrderRule::linear}},
    {{"GlobalLpPool", OperatorRole::pooling, true, 1, 1, global_lp_pool}, {"2, 22"}},
    {{"GlobalMaxPool", OperatorRole::pooling, true, 1, 1, global_max_pool}, {"1, 22"}},
    {{"LpPool", OperatorRole::pooling, true, 1, 1, lp_pool},
     {"2, 11, 18, 22", OrderRule::by_role, Export::rewritten, window_bound}},
    {{"MaxPool", OperatorRole::pooling, true, 1, 1, max_pool},
     {"1, 8, 10, 11, 12, 22", OrderRule::max_pool, Export::alike, window_bound}},
    {{"MaxUnpool", OperatorRole::movement, true, 2, 3, max_unpool},
     {"9, 11, 22", OrderRule::by_role, Export::alike, max_unpool_bound}},
};

}  // namespace

std::span<const OperatorRow> pooling_operators() {
  return kPoolingRows;
}

}  // namespace shatterproof
