// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "network/operators/contract.h"
#include "network/operators/families.h"

namespace shatterproof {
namespace {

using Reduction = at::Tensor (*)(const at::Tensor& x, const std::vector<int64_t>& axes, bool keeps_axes);

/// `axes` became an input with operator set `since`.
template <Reduction reduce, int64_t since>
std::vector<at::Tensor> reduced(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  const IntegerList given = attribute_or_input(call, "axes", since, 1);
  std::vector<int64_t> axes;
  if (!given.values.empty()) {
    axes = axes_of(call, given.values, x.dim());
  } else if (call.node.integer("noop_with_empty_axes", 0) != 0) {
    // Nothing is summed, but ReduceSumSquare still squares: each number is an axis of its own.
    return {reduce(x.unsqueeze(-1), {x.dim()}, /*keeps_axes=*/false)};
  } else {
    axes.resize(static_cast<size_t>(std::max<int64_t>(x.dim(), 1)));
    std::iota(axes.begin(), axes.end(), int64_t{0});
  }
  const bool keeps_axes = call.node.integer("keepdims", 1) != 0;
  if (call.batch_norm != BatchStatistics::detached || !is_over_batch(call, x, axes))
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

/// `reduce` of integers in double, rounded back to their type.
template <Reduction reduce>
at::Tensor in_floats(const at::Tensor& x, const std::vector<int64_t>& axes, bool keeps_axes) {
  if (x.is_floating_point()) return reduce(x, axes, keeps_axes);
  return reduce(x.to(at::kDouble), axes, keeps_axes).to(x.scalar_type());
}

/// The greatest (least) of no numbers: what every other exceeds (falls below). Undefined when there are some,
/// or when the type has no infinity.
at::Tensor of_nothing(const at::Tensor& x, const std::vector<int64_t>& axes, bool keeps_axes, bool greatest) {
  const bool empty = std::any_of(axes.begin(), axes.end(), [&](int64_t axis) { return x.size(axis) == 0; });
  if (!empty || (!x.is_floating_point() && x.scalar_type() != at::kBool)) return {};
  std::vector<int64_t> sizes;
  for (int64_t axis = 0; axis < x.dim(); ++axis) {
    const bool reduced = std::find(axes.begin(), axes.end(), axis) != axes.end();
    if (!reduced) sizes.push_back(x.size(axis));
    if (reduced && keeps_axes) sizes.push_back(1);
  }
  const double bound = std::numeric_limits<double>::infinity();
  if (x.scalar_type() == at::kBool) return at::full(sizes, !greatest, x.options());
  return at::full(sizes, greatest ? -bound : bound, x.options());
}

at::Tensor greatest(const at::Tensor& x, const std::vector<int64_t>& axes, bool keeps_axes) {
  if (const at::Tensor none = of_nothing(x, axes, keeps_axes, true); none.defined()) return none;
  return at::amax(x, axes, keeps_axes);
}

at::Tensor least(const at::Tensor& x, const std::vector<int64_t>& axes, bool keeps_axes) {
  if (const at::Tensor none = of_nothing(x, axes, keeps_axes, false); none.defined()) return none;
  return at::amin(x, axes, keeps_axes);
}

at::Tensor product(const at::Tensor& x, const std::vector<int64_t>& axes, bool keeps_axes) {
  at::Tensor result = x;
  for (size_t i = axes.size(); i-- > 0;) result = at::prod(result, axes[i], keeps_axes, x.scalar_type());
  return result;
}

at::Tensor sum_of_sizes(const at::Tensor& x, const std::vector<int64_t>& axes, bool keeps_axes) {
  return sum(at::abs(x), axes, keeps_axes);
}

at::Tensor sum_of_squares(const at::Tensor& x, const std::vector<int64_t>& axes, bool keeps_axes) {
  return sum(at::mul(x, x), axes, keeps_axes);
}

/// Its derivative at 0 is 0, where that of a square root is infinite.
at::Tensor euclidean_norm(const at::Tensor& x, const std::vector<int64_t>& axes, bool keeps_axes) {
  return at::linalg_vector_norm(x, 2, axes, keeps_axes);
}

at::Tensor log_of_sum(const at::Tensor& x, const std::vector<int64_t>& axes, bool keeps_axes) {
  return at::log(sum(x, axes, keeps_axes));
}

at::Tensor log_of_sum_of_exponentials(const at::Tensor& x, const std::vector<int64_t>& axes,
                                      bool keeps_axes) {
  return at::logsumexp(x, axes, keeps_axes);
}

constexpr OperatorRow kReductionRows[] = {
    {{"ReduceL1", OperatorRole::pooling, true, 1, 2, reduced<sum_of_sizes, 18>},
     {"1, 11, 13, 18", OrderRule::by_role, Export::rewritten}},
    {{"ReduceL2", OperatorRole::pooling, true, 1, 2, reduced<in_floats<euclidean_norm>, 18>},
     {"1, 11, 13, 18", OrderRule::by_role, Export::rewritten}},
    {{"ReduceLogSum", OperatorRole::pooling, true, 1, 2, reduced<in_floats<log_of_sum>, 18>},
     {"1, 11, 13, 18", OrderRule::by_role, Export::rewritten}},
    {{"ReduceLogSumExp", OperatorRole::pooling, true, 1, 2,
      reduced<in_floats<log_of_sum_of_exponentials>, 18>},
     {"1, 11, 13, 18", OrderRule::by_role, Export::rewritten}},
    {{"ReduceMax", OperatorRole::pooling, true, 1, 2, reduced<greatest, 18>},
     {"1, 11, 12, 13, 18, 20", OrderRule::by_role, Export::rewritten}},
    {{"ReduceMean", OperatorRole::pooling, true, 1, 2, reduced<mean, 18>},
     {"1, 11, 13, 18", OrderRule::linear_in_first, Export::rewritten}},
    {{"ReduceMin", OperatorRole::pooling, true, 1, 2, reduced<least, 18>},
     {"1, 11, 12, 13, 18, 20", OrderRule::by_role, Export::rewritten}},
    {{"ReduceProd", OperatorRole::pooling, true, 1, 2, reduced<product, 18>},
     {"1, 11, 13, 18", OrderRule::by_role, Export::rewritten}},
    {{"ReduceSum", OperatorRole::pooling, true, 1, 2, reduced<sum, 13>},
     {"1, 11, 13", OrderRule::linear_in_first, Export::rewritten}},
    {{"ReduceSumSquare", OperatorRole::pooling, true, 1, 2, reduced<sum_of_squares, 18>},
     {"1, 11, 13, 18", OrderRule::by_role, Export::rewritten}},
};

}  // namespace

std::span<const OperatorRow> reduction_operators() {
  return kReductionRows;
}

}  // namespace shatterproof
