// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/diagnose/rule.h"

namespace shatterproof {

RuleRecord unlearned_loss_rule();

}  // namespace shatterproof
