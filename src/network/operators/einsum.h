// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/network/operator.h"

namespace shatterproof {

/// Numbers in the largest product that an Einsum makes on the way to its output. Inputs are multiplied from
/// the left; each product keeps the letters that a later term or the output reads. Throws
/// std::invalid_argument when the equation does not fit the inputs.
double largest_einsum_product(const OperatorCall& call);

}  // namespace shatterproof
