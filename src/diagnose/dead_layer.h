// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/diagnose/rule.h"

namespace shatterproof {

RuleRecord dead_layer_rule();

/// Whether a node or zero weights keep training from the parameters, which then follows from no other
/// finding.
bool has_own_cause(const Examination& examination);

}  // namespace shatterproof
