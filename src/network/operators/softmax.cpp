// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include "network/operators/contract.h"
#include "network/operators/families.h"

namespace shatterproof {
namespace {

using AlongAxis = at::Tensor (*)(const at::Tensor&, int64_t);

/// Before operator set 13 everything from `axis` on was one axis.
template <AlongAxis function>
std::vector<at::Tensor> softmax_of_set(const OperatorCall& call) {
  const at::Tensor& x = floating_input(call, 0);
  const bool coerces = call.node.opset < 13;
  const int64_t axis = axis_of(call, call.node.integer("axis", coerces ? 1 : -1), x.dim());
  if (!coerces || axis + 1 >= x.dim()) return {function(x, axis)};
  return {function(x.flatten(axis), axis).reshape(x.sizes())};
}

at::Tensor softmax_along(const at::Tensor& x, int64_t axis) {
  return at::softmax(x, axis);
}
at::Tensor log_softmax_along(const at::Tensor& x, int64_t axis) {
  return at::log_softmax(x, axis);
}

constexpr OperatorRow kSoftmaxRows[] = {
    {{"LogSoftmax", OperatorRole::attention, true, 1, 1, softmax_of_set<log_softmax_along>},
     {"1, 11, 13", OrderRule::by_role, Export::rewritten}},
    {{"Softmax", OperatorRole::attention, true, 1, 1, softmax_of_set<softmax_along>},
     {"1, 11, 13", OrderRule::by_role, Export::rewritten}},
};

}  // namespace

std::span<const OperatorRow> softmax_operators() {
  return kSoftmaxRows;
}

}  // namespace shatterproof
