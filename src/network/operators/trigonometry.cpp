// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include "network/operators/contract.h"
#include "network/operators/families.h"

namespace shatterproof {
namespace {

constexpr OperatorRow kTrigonometryRows[] = {
    {{"Acos", OperatorRole::nonlinearity, true, 1, 1, floating<at::acos>}, {"7, 22"}},
    {{"Acosh", OperatorRole::nonlinearity, true, 1, 1, floating<at::acosh>}, {"9, 22"}},
    {{"Asin", OperatorRole::nonlinearity, true, 1, 1, floating<at::asin>}, {"7, 22"}},
    {{"Asinh", OperatorRole::nonlinearity, true, 1, 1, floating<at::asinh>}, {"9, 22"}},
    {{"Atan", OperatorRole::nonlinearity, true, 1, 1, floating<at::atan>}, {"7, 22"}},
    {{"Atanh", OperatorRole::nonlinearity, true, 1, 1, floating<at::atanh>}, {"9, 22"}},
    {{"Cos", OperatorRole::nonlinearity, true, 1, 1, floating<at::cos>}, {"7, 22"}},
    {{"Cosh", OperatorRole::nonlinearity, true, 1, 1, floating<at::cosh>}, {"9, 22"}},
    {{"Sin", OperatorRole::nonlinearity, true, 1, 1, floating<at::sin>}, {"7, 22"}},
    {{"Sinh", OperatorRole::nonlinearity, true, 1, 1, floating<at::sinh>}, {"9, 22"}},
    {{"Tan", OperatorRole::nonlinearity, true, 1, 1, floating<at::tan>}, {"7, 22"}},
};

}  // namespace

std::span<const OperatorRow> trigonometry_operators() {
  return kTrigonometryRows;
}

}  // namespace shatterproof
