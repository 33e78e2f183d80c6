// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "shatterproof/study/judge.h"

namespace shatterproof {

/// What theories say of the case's measurements; empty where none speaks of them.
std::vector<PredictionRecord> predictions_of(const StudyCase& study_case);

/// The case in the theorems' own world: independent gates in place of a network.
CaseResult simulated_gates(const StudyCase& study_case);

}  // namespace shatterproof
