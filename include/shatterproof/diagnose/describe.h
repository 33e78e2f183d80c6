// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/diagnose/rule.h"

namespace shatterproof {

/// Fills in what the making of a network tells the rules: its structure, nonlinearity and normalizations, and
/// the parameters that are denormal. O(nodes + parameters).
void describe(const Network& network, Examination& examination);

}  // namespace shatterproof
