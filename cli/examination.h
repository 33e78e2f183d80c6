// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.h"
#include "cli/session.h"
#include "shatterproof/diagnose/rule.h"
#include "shatterproof/experiment/measure.h"

namespace shatterproof::cli {

/// Everything the rules look at: the readings of all draws, the shape of the network, where a number stopped
/// being one, and what one layer of the same width shows on the same inputs.
Examination examine(const Session& session, const MeasuredSeeds& measured, const Console& console);

}  // namespace shatterproof::cli
