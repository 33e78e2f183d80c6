// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

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

constexpr Operator kRows[] = {
    {"Cast", OperatorRole::movement, true, 1, 1, cast},
    {"Constant", OperatorRole::shape, false, 0, 0, constant},
    {"ConstantOfShape", OperatorRole::shape, false, 1, 1, constant_of_shape},
    {"Shape", OperatorRole::shape, false, 1, 1, shape},
};

}  // namespace

std::span<const Operator> constant_operators() {
  return kRows;
}

}  // namespace shatterproof
