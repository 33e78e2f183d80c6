// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "shatterproof/examine/session.h"
#include "shatterproof/results/reading.h"
#include "shatterproof/results/record.h"

namespace shatterproof {

/// What theory says of the readings of a session, on their axes: of each place the best theory, as `predict`
/// has it.
///
/// Empty for a file, a family or inputs that no theory covers, and where not the sum of the outputs is
/// differentiated, which is the functional that theories speak of. Cost: that of `predict`.
std::vector<PredictionRecord> predictions_of(const Session& session, const std::vector<Reading>& readings);

}  // namespace shatterproof
