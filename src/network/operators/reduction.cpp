// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>

#include "network/operators/contract.h"
#include "network/operators/families.h"

namespace shatterproof {
namespace {

using Reduction = at::Tensor (*)(const at::Tensor& x, const std::vector<int64_t>& axes, bool keeps_axes);

/// Whether the reduction runs over the examples of the batch.
bool is_over_batch(const OperatorCall& call, const at::Tensor& x, const std::vector<int64_t>& axes) {
  return call.examples > 0 && x.dim() > 0 && x.size(0) == call.examples && !axes.empty() && axes.front() == 0;
}

/// `axes` became an input with operator set `since`.
template <Reduction reduce, int64_t since>
std::vector<at::Tensor> reduced(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  const IntegerList given = attribute_or_input(call, "axes", since, 1);
  std::vector<int64_t> axes;
  if (!given.values.empty()) {
    axes = axes_of(call, given.values, x.dim());
  } else if (call.node.integer("noop_with_empty_axes", 0) != 0) {
    return {x};
  } else {
    axes.resize(static_cast<size_t>(std::max<int64_t>(x.dim(), 1)));
    std::iota(axes.begin(), axes.end(), int64_t{0});
  }
  const bool keeps_axes = call.node.integer("keepdims", 1) != 0;
  if (call.batch_norm != BatchNorm::held || !is_over_batch(call, x, axes))
    return {reduce(x, axes, keeps_axes)};
  if (call.statistics && call.statistics->mean.defined()) return {call.statistics->mean};
  const at::Tensor held = reduce(x.detach(), axes, keeps_axes);
  if (call.statistics) call.statistics->mean = held;
  return {held};
}

at::Tensor sum(const at::Tensor& x, const std::vector<int64_t>& axes, bool keeps_axes) {
  return at::sum(x, axes, keeps_axes, x.scalar_type());
}

at::Tensor mean(const at::Tensor& x, const std::vector<int64_t>& axes, bool keeps_axes) {
  if (x.is_floating_point()) return at::mean(x, axes, keeps_axes);
  return at::mean(x, axes, keeps_axes, at::kDouble).to(x.scalar_type());
}

constexpr Operator kRows[] = {
    {"ReduceMean", OperatorRole::pooling, true, 1, 2, reduced<mean, 18>},
    {"ReduceSum", OperatorRole::pooling, true, 1, 2, reduced<sum, 13>},
};

}  // namespace

std::span<const Operator> reduction_operators() {
  return kRows;
}

}  // namespace shatterproof
