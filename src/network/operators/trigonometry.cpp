// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include "network/operators/contract.h"
#include "network/operators/families.h"

namespace shatterproof {
namespace {

constexpr Operator kRows[] = {
    {"Acos", OperatorRole::nonlinearity, true, 1, 1, floating<at::acos>},
    {"Acosh", OperatorRole::nonlinearity, true, 1, 1, floating<at::acosh>},
    {"Asin", OperatorRole::nonlinearity, true, 1, 1, floating<at::asin>},
    {"Asinh", OperatorRole::nonlinearity, true, 1, 1, floating<at::asinh>},
    {"Atan", OperatorRole::nonlinearity, true, 1, 1, floating<at::atan>},
    {"Atanh", OperatorRole::nonlinearity, true, 1, 1, floating<at::atanh>},
    {"Cos", OperatorRole::nonlinearity, true, 1, 1, floating<at::cos>},
    {"Cosh", OperatorRole::nonlinearity, true, 1, 1, floating<at::cosh>},
    {"Sin", OperatorRole::nonlinearity, true, 1, 1, floating<at::sin>},
    {"Sinh", OperatorRole::nonlinearity, true, 1, 1, floating<at::sinh>},
    {"Tan", OperatorRole::nonlinearity, true, 1, 1, floating<at::tan>},
};

}  // namespace

std::span<const Operator> trigonometry_operators() {
  return kRows;
}

}  // namespace shatterproof
