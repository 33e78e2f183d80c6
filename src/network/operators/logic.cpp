// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include "network/operators/contract.h"
#include "network/operators/families.h"

namespace shatterproof {
namespace {

std::vector<at::Tensor> equal(const OperatorCall& call) {
  const at::Tensor& a = input_of(call, 0);
  const at::Tensor& b = input_of(call, 1);
  check_broadcast(call, a, b);
  return {at::eq(a, b)};
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

constexpr Operator kRows[] = {
    {"Equal", OperatorRole::shape, false, 2, 2, equal},
    {"Where", OperatorRole::arithmetic, true, 3, 3, where},
};

}  // namespace

std::span<const Operator> logic_operators() {
  return kRows;
}

}  // namespace shatterproof
