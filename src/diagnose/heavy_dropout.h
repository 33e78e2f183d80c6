// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/diagnose/rule.h"

namespace shatterproof {

RuleRecord heavy_dropout_rule();

}  // namespace shatterproof
