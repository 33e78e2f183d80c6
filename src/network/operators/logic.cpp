// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include "network/operators/contract.h"
#include "network/operators/families.h"

namespace shatterproof {
namespace {

using OfTwo = at::Tensor (*)(const at::Tensor&, const at::Tensor&);

template <OfTwo function>
std::vector<at::Tensor> elementwise(const OperatorCall& call) {
  const at::Tensor& a = input_of(call, 0);
  const at::Tensor b = beside(a, input_of(call, 1));
  check_broadcast(call, a, b);
  return {function(a, b)};
}

void check_bool(const OperatorCall& call, size_t i) {
  const at::ScalarType type = input_of(call, i).scalar_type();
  if (type != at::kBool) reject_call(call, fmt::format("input {} is bool", i), c10::toString(type));
}

void check_integers(const OperatorCall& call, size_t i) {
  const at::ScalarType type = input_of(call, i).scalar_type();
  if (!at::isIntegralType(type, /*includeBool=*/false))
    reject_call(call, fmt::format("input {} holds integers", i), c10::toString(type));
}

template <OfTwo function>
std::vector<at::Tensor> logical(const OperatorCall& call) {
  check_bool(call, 0);
  check_bool(call, 1);
  return elementwise<function>(call);
}

std::vector<at::Tensor> logical_not(const OperatorCall& call) {
  check_bool(call, 0);
  return {at::logical_not(input_of(call, 0))};
}

template <OfTwo function>
std::vector<at::Tensor> bitwise(const OperatorCall& call) {
  check_integers(call, 0);
  check_integers(call, 1);
  return elementwise<function>(call);
}

std::vector<at::Tensor> bitwise_not(const OperatorCall& call) {
  check_integers(call, 0);
  return {at::bitwise_not(input_of(call, 0))};
}

/// Shifting by all bits or more, undefined for the processor, leaves nothing.
template <OfTwo shift>
at::Tensor shifted(const at::Tensor& x, const at::Tensor& count) {
  const auto bits = static_cast<int64_t>(8 * x.element_size());
  const at::Tensor beyond = at::logical_or(count.lt(0), count.ge(bits));
  return shift(x, count.masked_fill(beyond, 0)).masked_fill(beyond, 0);
}

/// Of unsigned integers; those carried by a wider type keep the bits that are shifted out of their own.
std::vector<at::Tensor> bit_shift(const OperatorCall& call) {
  const std::string direction = call.node.text("direction", "");
  if (direction == "LEFT") return bitwise<shifted<at::bitwise_left_shift>>(call);
  if (direction == "RIGHT") return bitwise<shifted<at::bitwise_right_shift>>(call);
  reject_call(call, "direction is LEFT or RIGHT", direction);
}

std::vector<at::Tensor> is_nan(const OperatorCall& call) {
  return {at::isnan(input_of(call, 0))};
}

std::vector<at::Tensor> is_inf(const OperatorCall& call) {
  const at::Tensor& x = floating_input(call, 0);
  const bool negative = call.node.integer("detect_negative", 1) != 0;
  const bool positive = call.node.integer("detect_positive", 1) != 0;
  if (negative && positive) return {at::isinf(x)};
  if (negative) return {at::isneginf(x)};
  if (positive) return {at::isposinf(x)};
  return {at::zeros_like(x, x.options().dtype(at::kBool))};
}

std::vector<at::Tensor> where(const OperatorCall& call) {
  const at::Tensor& condition = input_of(call, 0);
  const at::Tensor& x = input_of(call, 1);
  const at::Tensor& y = input_of(call, 2);
  if (condition.scalar_type() != at::kBool) {
    reject_call(call, "the condition is bool", c10::toString(condition.scalar_type()));
  }
  check_size(call, at::infer_size(at::infer_size(x.sizes(), y.sizes()), condition.sizes()), x.element_size());
  const at::ScalarType type = c10::promoteTypes(x.scalar_type(), y.scalar_type());
  return {at::where(condition, x.to(type), y.to(type))};
}

constexpr OperatorRow kLogicRows[] = {
    {{"And", OperatorRole::shape, false, 2, 2, logical<at::logical_and>}, {"7"}},
    {{"BitShift", OperatorRole::shape, false, 2, 2, bit_shift}, {"11"}},
    {{"BitwiseAnd", OperatorRole::shape, false, 2, 2, bitwise<at::bitwise_and>},
     {"18", OrderRule::by_role, Export::later}},
    {{"BitwiseNot", OperatorRole::shape, false, 1, 1, bitwise_not},
     {"18", OrderRule::by_role, Export::later}},
    {{"BitwiseOr", OperatorRole::shape, false, 2, 2, bitwise<at::bitwise_or>},
     {"18", OrderRule::by_role, Export::later}},
    {{"BitwiseXor", OperatorRole::shape, false, 2, 2, bitwise<at::bitwise_xor>},
     {"18", OrderRule::by_role, Export::later}},
    {{"Equal", OperatorRole::shape, false, 2, 2, elementwise<at::eq>}, {"7, 11, 13, 19"}},
    {{"Greater", OperatorRole::shape, false, 2, 2, elementwise<at::gt>}, {"7, 9, 13"}},
    {{"GreaterOrEqual", OperatorRole::shape, false, 2, 2, elementwise<at::ge>}, {"12, 16"}},
    {{"IsInf", OperatorRole::shape, false, 1, 1, is_inf}, {"10, 20"}},
    {{"IsNaN", OperatorRole::shape, false, 1, 1, is_nan}, {"9, 13, 20"}},
    {{"Less", OperatorRole::shape, false, 2, 2, elementwise<at::lt>}, {"7, 9, 13"}},
    {{"LessOrEqual", OperatorRole::shape, false, 2, 2, elementwise<at::le>}, {"12, 16"}},
    {{"Not", OperatorRole::shape, false, 1, 1, logical_not}, {"1"}},
    {{"Or", OperatorRole::shape, false, 2, 2, logical<at::logical_or>}, {"7"}},
    {{"Where", OperatorRole::arithmetic, true, 3, 3, where}, {"9, 16", OrderRule::linear}},
    {{"Xor", OperatorRole::shape, false, 2, 2, logical<at::logical_xor>}, {"7"}},
};

}  // namespace

std::span<const OperatorRow> logic_operators() {
  return kLogicRows;
}

}  // namespace shatterproof
