// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <optional>
#include <tuple>

#include "network/operators/contract.h"
#include "network/operators/families.h"

namespace shatterproof {
namespace {

/// The first index of the largest value along `axis`, or the last one; keeps the axis.
at::Tensor index_of_largest(const at::Tensor& x, int64_t axis, bool last) {
  if (!last) return at::argmax(x, axis, /*keepdim=*/true);
  return x.size(axis) - 1 - at::argmax(x.flip(axis), axis, /*keepdim=*/true);
}

template <bool largest>
std::vector<at::Tensor> index_of_extreme(const OperatorCall& call) {
  const at::Tensor given = input_of(call, 0).detach();
  const at::Tensor x = given.dim() == 0 ? given.unsqueeze(0) : given;
  const int64_t axis = axis_of(call, call.node.integer("axis", 0), given.dim());
  const bool last = call.node.integer("select_last_index", 0) != 0;
  // The complement and not the negative, which the least integer lacks.
  const at::Tensor ordered = largest ? x : x.is_floating_point() ? at::neg(x) : at::bitwise_not(x);
  const at::Tensor index = index_of_largest(ordered, axis, last);
  return {call.node.integer("keepdims", 1) != 0 && given.dim() > 0 ? index : index.squeeze(axis)};
}

/// 1 at the first of the largest values, 0 elsewhere. Before operator set 13 everything from `axis` on was
/// one axis.
std::vector<at::Tensor> hardmax(const OperatorCall& call) {
  const at::Tensor given = floating_input(call, 0).detach();
  const bool coerces = call.node.opset < 13;
  const int64_t axis = axis_of(call, call.node.integer("axis", coerces ? 1 : -1), given.dim());
  if (given.dim() == 0) return {at::ones_like(given)};
  const at::Tensor x = coerces ? given.flatten(axis) : given;
  const at::Tensor first = index_of_largest(x, axis, false);
  return {at::zeros_like(x).scatter(axis, first, 1).reshape(given.sizes())};
}

/// Values in order, of equal ones the first in the tensor first.
std::vector<at::Tensor> top_k(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  if (x.dim() == 0) reject_call(call, "input has at least one axis", "a scalar");
  const std::vector<int64_t> given =
      call.node.opset < 10 ? std::vector<int64_t>{call.node.integer("k", -1)} : integers_of_input(call, 1);
  const int64_t axis = axis_of(call, call.node.integer("axis", -1), x.dim());
  const int64_t k = given.size() == 1 ? given[0] : -1;
  if (k < 0 || k > x.size(axis)) {
    reject_call(call, fmt::format("k lies in [0, {}]", x.size(axis)), shape_text(given));
  }
  const bool largest = call.node.integer("largest", 1) != 0;
  const auto [values, indices] = at::sort(x, /*stable=*/true, axis, largest);
  return {values.narrow(axis, 0, k), indices.narrow(axis, 0, k)};
}

struct Distinct {
  at::Tensor inverse, counts;
};

/// The number of each value in ascending order, or of each slice along `axis`.
Distinct distinct(const at::Tensor& x, std::optional<int64_t> axis) {
  if (!axis) {
    const auto [values, inverse, counts] = at::_unique2(x.flatten(), /*sorted=*/true, true, true);
    return {inverse, counts};
  }
  const auto [values, inverse, counts] = at::unique_dim(x, *axis, /*sorted=*/true, true, true);
  return {inverse, counts};
}

std::vector<at::Tensor> unique(const OperatorCall& call) {
  const at::Tensor& given = input_of(call, 0);
  std::optional<int64_t> axis;
  if (call.node.has("axis")) axis = axis_of(call, call.node.integer("axis", 0), given.dim());
  auto [inverse, counts] = distinct(given.detach(), axis);
  // Positions by value, of equal ones the first first.
  const at::Tensor by_value = at::argsort(inverse, /*stable=*/true, 0, /*descending=*/false);
  at::Tensor first = by_value.index_select(0, at::cumsum(counts, 0) - counts);
  if (call.node.integer("sorted", 1) == 0) {  // then in order of appearance
    const at::Tensor order = at::argsort(first);
    first = first.index_select(0, order);
    counts = counts.index_select(0, order);
    inverse = at::argsort(order).index_select(0, inverse);
  }
  const at::Tensor values = axis ? given.index_select(*axis, first) : given.flatten().index_select(0, first);
  return {values, first, inverse, counts};
}

std::vector<at::Tensor> non_zero(const OperatorCall& call) {
  return {at::nonzero(input_of(call, 0)).t().contiguous()};
}

std::vector<at::Tensor> compress(const OperatorCall& call) {
  const at::Tensor& given = input_of(call, 0);
  const at::Tensor& condition = input_of(call, 1);
  const bool along_axis = call.node.has("axis");
  const at::Tensor x = along_axis ? given : given.flatten();
  const int64_t axis = along_axis ? axis_of(call, call.node.integer("axis", 0), x.dim()) : 0;
  if (x.dim() == 0) reject_call(call, "input has at least one axis", "a scalar");
  if (condition.dim() != 1 || condition.scalar_type() != at::kBool || condition.numel() > x.size(axis)) {
    reject_call(call, fmt::format("the condition is a list of at most {} bools", x.size(axis)),
                shape_text(condition.sizes()));
  }
  return {at::index_select(x, axis, at::nonzero(condition).flatten().to(x.device()))};
}

constexpr OperatorRow kSelectionRows[] = {
    {{"ArgMax", OperatorRole::shape, false, 1, 1, index_of_extreme<true>}, {"1, 11, 12, 13"}},
    {{"ArgMin", OperatorRole::shape, false, 1, 1, index_of_extreme<false>}, {"1, 11, 12, 13"}},
    {{"Compress", OperatorRole::movement, true, 2, 2, compress}, {"9, 11"}},
    {{"Hardmax", OperatorRole::attention, false, 1, 1, hardmax},
     {"1, 11, 13", OrderRule::by_role, Export::rewritten}},
    {{"NonZero", OperatorRole::shape, false, 1, 1, non_zero}, {"9, 13"}},
    {{"TopK", OperatorRole::pooling, true, 1, 2, top_k},
     {"1, 10, 11, 24", OrderRule::by_role, Export::rewritten}},
    {{"Unique", OperatorRole::movement, true, 1, 1, unique}, {"11"}},
};

}  // namespace

std::span<const OperatorRow> selection_operators() {
  return kSelectionRows;
}

}  // namespace shatterproof
