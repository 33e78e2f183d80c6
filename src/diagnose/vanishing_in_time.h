// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/diagnose/rule.h"

namespace shatterproof {

RuleRecord vanishing_in_time_rule();

}  // namespace shatterproof
