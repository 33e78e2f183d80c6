// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include "network/operators/contract.h"
#include "network/operators/families.h"

namespace shatterproof {
namespace {

constexpr Operator kRows[] = {
    {"Acos", "7, 22", OperatorRole::nonlinearity, true, 1, 1, floating<at::acos>},
    {"Acosh", "9, 22", OperatorRole::nonlinearity, true, 1, 1, floating<at::acosh>},
    {"Asin", "7, 22", OperatorRole::nonlinearity, true, 1, 1, floating<at::asin>},
    {"Asinh", "9, 22", OperatorRole::nonlinearity, true, 1, 1, floating<at::asinh>},
    {"Atan", "7, 22", OperatorRole::nonlinearity, true, 1, 1, floating<at::atan>},
    {"Atanh", "9, 22", OperatorRole::nonlinearity, true, 1, 1, floating<at::atanh>},
    {"Cos", "7, 22", OperatorRole::nonlinearity, true, 1, 1, floating<at::cos>},
    {"Cosh", "9, 22", OperatorRole::nonlinearity, true, 1, 1, floating<at::cosh>},
    {"Sin", "7, 22", OperatorRole::nonlinearity, true, 1, 1, floating<at::sin>},
    {"Sinh", "9, 22", OperatorRole::nonlinearity, true, 1, 1, floating<at::sinh>},
    {"Tan", "7, 22", OperatorRole::nonlinearity, true, 1, 1, floating<at::tan>},
};

}  // namespace

std::span<const Operator> trigonometry_operators() {
  return kRows;
}

}  // namespace shatterproof
