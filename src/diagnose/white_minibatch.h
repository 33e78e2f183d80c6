// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/diagnose/rule.h"

namespace shatterproof {

/// The mean gradient of a batch is no larger than the mean of unrelated gradients, at the input but not at
/// the last layer.
RuleRecord white_minibatch_rule();

}  // namespace shatterproof
