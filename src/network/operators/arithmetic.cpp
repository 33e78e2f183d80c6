// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <fmt/format.h>

#include "network/operators/contract.h"
#include "network/operators/families.h"

namespace shatterproof {
namespace {

std::vector<at::Tensor> abs(const OperatorCall& call) {
  return {at::abs(input_of(call, 0))};
}

std::vector<at::Tensor> neg(const OperatorCall& call) {
  return {at::neg(input_of(call, 0))};
}

/// Before operator set 7, attribute `axis` said at which axis of A the axes of B begin.
at::Tensor second_operand(const OperatorCall& call) {
  const at::Tensor& a = input_of(call, 0);
  at::Tensor b = beside(a, input_of(call, 1));
  if (call.node.opset < 7 && call.node.has("axis")) {
    const int64_t axis = axis_of(call, call.node.integer("axis", 0), a.dim());
    while (axis + b.dim() < a.dim()) b = b.unsqueeze(-1);
  }
  check_broadcast(call, a, b);
  return b;
}

std::vector<at::Tensor> add(const OperatorCall& call) {
  return {at::add(input_of(call, 0), second_operand(call))};
}

std::vector<at::Tensor> sub(const OperatorCall& call) {
  return {at::sub(input_of(call, 0), second_operand(call))};
}

std::vector<at::Tensor> mul(const OperatorCall& call) {
  return {at::mul(input_of(call, 0), second_operand(call))};
}

std::vector<at::Tensor> div(const OperatorCall& call) {
  const at::Tensor& a = input_of(call, 0);
  const at::Tensor b = second_operand(call);
  if (a.is_floating_point() || b.is_floating_point()) return {at::div(a, b)};
  if (b.numel() > 0 && b.eq(0).any().item<bool>())
    reject_call(call, "integers are not divided by zero", "a zero");
  // The least integer divided by -1 traps the processor; negation wraps.
  const at::Tensor minus_one = b.eq(-1);
  return {at::where(minus_one, at::neg(a), at::div(a, b.masked_fill(minus_one, 1), "trunc"))};
}

/// x^y in the type of x.
std::vector<at::Tensor> pow(const OperatorCall& call) {
  const at::Tensor& x = input_of(call, 0);
  const at::Tensor y = second_operand(call);
  if (y.numel() == 1 && y.dim() <= x.dim() && !y.requires_grad() && x.is_floating_point()) {
    return {at::pow(x, y.item())};  // the derivative then needs no logarithm
  }
  if (x.is_floating_point()) return {at::pow(x, y).to(x.scalar_type())};
  if (y.is_floating_point()) return {at::pow(x.to(at::kDouble), y).to(x.scalar_type())};
  return {at::pow(x, y).to(x.scalar_type())};
}

template <at::Tensor (*function)(const at::Tensor&, const at::Tensor&)>
std::vector<at::Tensor> folded(const OperatorCall& call) {
  at::Tensor result = input_of(call, 0);
  for (size_t i = 1; i < call.inputs.size(); ++i) {
    const at::Tensor other = beside(result, input_of(call, i));
    check_broadcast(call, result, other);
    result = function(result, other);
  }
  return {result};
}

at::Tensor plus(const at::Tensor& a, const at::Tensor& b) {
  return at::add(a, b);
}

std::vector<at::Tensor> mean_of_inputs(const OperatorCall& call) {
  const at::Tensor total = folded<plus>(call)[0];
  if (!total.is_floating_point()) reject_call(call, "inputs are floating-point", "integers");
  return {total / static_cast<double>(call.inputs.size())};
}

std::vector<at::Tensor> sign(const OperatorCall& call) {
  return {at::sign(input_of(call, 0))};
}

/// The remainder with the sign of the divisor (fmod 0, integers) or of the dividend (fmod 1).
std::vector<at::Tensor> mod(const OperatorCall& call) {
  const at::Tensor& a = input_of(call, 0);
  at::Tensor b = second_operand(call);
  const bool truncates = call.node.integer("fmod", 0) != 0;
  if (a.is_floating_point() || b.is_floating_point()) {
    if (!truncates) reject_call(call, "floating-point inputs need fmod = 1", "fmod = 0");
    return {at::fmod(a, b)};
  }
  if (b.numel() > 0 && b.eq(0).any().item<bool>())
    reject_call(call, "integers are not divided by zero", "a zero");
  // The least integer divided by -1 traps the processor; nothing is left over either way.
  b = b.masked_fill(b.eq(-1), 1);
  return {truncates ? at::fmod(a, b) : at::remainder(a, b)};
}

constexpr OperatorRow kArithmeticRows[] = {
    {{"Abs", OperatorRole::arithmetic, true, 1, 1, abs}, {"6, 13"}},
    {{"Add", OperatorRole::sum, true, 2, 2, add}, {"7, 13, 14", OrderRule::linear}},
    {{"Ceil", OperatorRole::arithmetic, false, 1, 1, floating<at::ceil>}, {"6, 13"}},
    {{"Div", OperatorRole::arithmetic, true, 2, 2, div}, {"7, 13, 14", OrderRule::quotient}},
    {{"Exp", OperatorRole::arithmetic, true, 1, 1, floating<at::exp>}, {"6, 13"}},
    {{"Floor", OperatorRole::arithmetic, false, 1, 1, floating<at::floor>}, {"6, 13"}},
    {{"Log", OperatorRole::arithmetic, true, 1, 1, floating<at::log>}, {"6, 13"}},
    {{"Max", OperatorRole::arithmetic, true, 1, kAnyNumber, folded<at::maximum>}, {"6, 8, 12, 13"}},
    {{"Mean", OperatorRole::sum, true, 1, kAnyNumber, mean_of_inputs}, {"6, 8, 13", OrderRule::linear}},
    {{"Min", OperatorRole::arithmetic, true, 1, kAnyNumber, folded<at::minimum>}, {"6, 8, 12, 13"}},
    {{"Mod", OperatorRole::arithmetic, true, 2, 2, mod}, {"10, 13"}},
    {{"Mul", OperatorRole::arithmetic, true, 2, 2, mul}, {"7, 13, 14", OrderRule::product}},
    {{"Neg", OperatorRole::arithmetic, true, 1, 1, neg}, {"6, 13", OrderRule::linear}},
    {{"Pow", OperatorRole::arithmetic, true, 2, 2, pow}, {"7, 12, 13, 15"}},
    {{"Reciprocal", OperatorRole::arithmetic, true, 1, 1, floating<at::reciprocal>}, {"6, 13"}},
    {{"Round", OperatorRole::arithmetic, false, 1, 1, floating<at::round>}, {"11, 22"}},  // half to even
    {{"Sign", OperatorRole::arithmetic, false, 1, 1, sign}, {"9, 13"}},
    {{"Sqrt", OperatorRole::arithmetic, true, 1, 1, floating<at::sqrt>}, {"6, 13"}},
    {{"Sub", OperatorRole::arithmetic, true, 2, 2, sub}, {"7, 13, 14", OrderRule::linear}},
    {{"Sum", OperatorRole::sum, true, 1, kAnyNumber, folded<plus>}, {"6, 8, 13", OrderRule::linear}},
};

}  // namespace

std::span<const OperatorRow> arithmetic_operators() {
  return kArithmeticRows;
}

}  // namespace shatterproof
