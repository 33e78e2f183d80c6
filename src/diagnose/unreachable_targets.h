// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/diagnose/rule.h"

namespace shatterproof {

RuleRecord unreachable_targets_rule();

}  // namespace shatterproof
