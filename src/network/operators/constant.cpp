// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "network/operators/bounds.h"
#include "network/operators/contract.h"
#include "network/operators/families.h"

namespace shatterproof {
namespace {

std::vector<at::Tensor> shape(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  const int64_t rank = x.dim();
  const auto bound = [&](const char* name, int64_t otherwise) {
    const int64_t axis = call.node.integer(name, otherwise);
    return std::clamp<int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
  };
  const int64_t start = bound("start", 0);
  const int64_t end = std::max(start, bound("end", rank));
  return {at::tensor(x.sizes().slice(static_cast<size_t>(start), static_cast<size_t>(end - start)),
                     at::TensorOptions().dtype(at::kLong))};
}

/// `x` reduced modulo 2^bits, for the unsigned types that a wider one carries.
at::Tensor wrapped(const at::Tensor& x, int64_t mask) {
  return at::bitwise_and(x.to(at::kLong), mask);
}

std::vector<at::Tensor> cast(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  if (!call.node.has("to")) reject_call(call, "needs attribute to", "none");
  const int64_t to = call.node.integer("to", 0);
  const at::ScalarType type = scalar_type(call, to);
  constexpr int64_t kUint16 = 4, kUint32 = 12;
  if (to == kUint16) return {wrapped(x, 0xffff).to(type)};
  if (to == kUint32) return {wrapped(x, 0xffffffff)};
  return {x.to(type)};
}

std::vector<at::Tensor> constant(const OperatorCall& call) {
  if (call.node.attributes.size() != 1) {
    reject_call(call, "has one attribute", fmt::format("{}", call.node.attributes.size()));
  }
  const auto& [name, value] = *call.node.attributes.begin();
  const at::ScalarType number = carried(call, at::kFloat);
  if (const auto* tensor = std::get_if<at::Tensor>(&value); tensor && name == "value" && tensor->defined()) {
    return {tensor->to(carried(call, tensor->scalar_type()))};
  }
  if (name == "value_float") return {at::scalar_tensor(call.node.number(name, 0), number)};
  if (name == "value_floats") return {at::tensor(call.node.numbers(name), number)};
  if (name == "value_int") return {at::scalar_tensor(call.node.integer(name, 0), at::kLong)};
  if (name == "value_ints") return {at::tensor(call.node.integers(name), at::kLong)};
  reject_call(call, "the attribute is value, value_float, value_floats, value_int or value_ints", name);
}

std::vector<at::Tensor> constant_of_shape(const OperatorCall& call) {
  const std::vector<int64_t> sizes = integers_of_input(call, 0);
  at::Scalar value = 0.0;
  at::ScalarType type = at::kFloat;
  if (const auto found = call.node.attributes.find("value"); found != call.node.attributes.end()) {
    const auto* tensor = std::get_if<at::Tensor>(&found->second);
    if (!tensor || !tensor->defined()) reject_call(call, "attribute value is a tensor", "something else");
    value = scalar_of(call, *tensor, "attribute value");
    type = tensor->scalar_type();
  }
  type = carried(call, type);
  check_size(call, sizes, static_cast<int64_t>(c10::elementSize(type)));
  return {at::full(sizes, value, at::TensorOptions().dtype(type).device(call.inputs[0].device()))};
}

std::vector<at::Tensor> size(const OperatorCall& call) {
  return {at::scalar_tensor(input_of(call, 0).numel(), at::TensorOptions().dtype(at::kLong))};
}

std::vector<at::Tensor> cast_like(const OperatorCall& call) {
  return {input_of(call, 0).to(carried(call, input_of(call, 1).scalar_type()))};
}

/// start, start + delta, ... as long as limit is not reached.
std::vector<at::Tensor> range(const OperatorCall& call) {
  const at::ScalarType type = input_of(call, 0).scalar_type();
  const at::Scalar start = scalar_input(call, 0), limit = scalar_input(call, 1),
                   delta = scalar_input(call, 2);
  const double step = delta.toDouble();
  const double steps = std::ceil((limit.toDouble() - start.toDouble()) / step);
  if (step == 0 || !std::isfinite(steps))
    reject_call(call, "delta is not zero and all are finite", fmt::format("{}", step));
  constexpr double kMost = 1e12;  // more than any tensor may hold, less than int64 does
  const auto count = static_cast<int64_t>(std::clamp(steps, 0.0, kMost));
  check_size(call, {count}, static_cast<int64_t>(c10::elementSize(type)));
  const at::Tensor index = at::arange(count, at::TensorOptions().dtype(type));
  return {(index * delta + start).to(type)};
}

std::vector<at::Tensor> eye_like(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  if (x.dim() != 2) reject_call(call, "input is a matrix", shape_text(x.sizes()));
  const at::ScalarType type =
      call.node.has("dtype") ? scalar_type(call, call.node.integer("dtype", 1)) : x.scalar_type();
  const at::Tensor row = at::arange(x.size(0), x.options().dtype(at::kLong).requires_grad(false));
  const at::Tensor column = at::arange(x.size(1), row.options());
  const int64_t beyond = std::max(x.size(0), x.size(1));
  const int64_t diagonal = std::clamp(call.node.integer("k", 0), -beyond, beyond);
  return {at::eq(column.unsqueeze(0), row.unsqueeze(1) + diagonal).to(type)};
}

/// values[1] where the new axis counts to the index, values[0] elsewhere; an index out of range names
/// nothing.
std::vector<at::Tensor> one_hot(const OperatorCall& call) {
  const at::Tensor& indices = input_of(call, 0);
  const int64_t depth = scalar_input(call, 1).to<int64_t>();
  const at::Tensor& values = input_of(call, 2);
  if (values.numel() != 2) reject_call(call, "values are two", shape_text(values.sizes()));
  if (depth < 1) reject_call(call, "depth is positive", fmt::format("{}", depth));
  const int64_t axis = axis_of(call, call.node.integer("axis", -1), indices.dim() + 1);
  std::vector<int64_t> sizes = indices.sizes().vec();
  sizes.insert(sizes.begin() + axis, depth);
  check_size(call, sizes, 8);
  const at::Tensor whole = indices.to(at::kLong).unsqueeze(axis);
  std::vector<int64_t> along(sizes.size(), 1);
  along[static_cast<size_t>(axis)] = depth;
  const at::Tensor hot =
      at::where(whole < 0, whole + depth, whole).eq(at::arange(depth, whole.options()).reshape(along));
  const at::Tensor pair = values.to(indices.device()).flatten();
  return {at::where(hot, pair[1], pair[0])};
}

constexpr OperatorRow kConstantRows[] = {
    {{"Cast", OperatorRole::movement, true, 1, 1, cast},
     {"6, 9, 13, 19, 21, 23, 24, 25", OrderRule::linear, Export::rewritten}},
    {{"CastLike", OperatorRole::movement, true, 2, 2, cast_like},
     {"15, 19, 21, 23, 24, 25", OrderRule::linear_in_first, Export::rewritten}},
    {{"Constant", OperatorRole::shape, false, 0, 0, constant}, {"1, 9, 11, 12, 13, 19, 21, 23, 24, 25"}},
    {{"ConstantOfShape", OperatorRole::shape, false, 1, 1, constant_of_shape},
     {"9, 20, 21, 23, 24, 25", OrderRule::by_role, Export::alike, constant_of_shape_bound}},
    {{"EyeLike", OperatorRole::shape, false, 1, 1, eye_like}, {"9, 22"}},
    {{"OneHot", OperatorRole::movement, true, 3, 3, one_hot},
     {"9, 11", OrderRule::by_role, Export::alike, one_hot_bound}},
    {{"Range", OperatorRole::shape, false, 3, 3, range},
     {"11", OrderRule::by_role, Export::alike, range_bound}},
    {{"Shape", OperatorRole::shape, false, 1, 1, shape}, {"1, 13, 15, 19, 21, 23, 24, 25"}},
    {{"Size", OperatorRole::shape, false, 1, 1, size}, {"1, 13, 19, 21, 23, 24, 25"}},
};

}  // namespace

std::span<const OperatorRow> constant_operators() {
  return kConstantRows;
}

}  // namespace shatterproof
