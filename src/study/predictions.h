// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "shatterproof/study/judge.h"
#include "shatterproof/theory/setting.h"

namespace shatterproof {

/// What theory has to know of a case; empty where it knows no such source or inputs.
std::optional<Setting> setting_of_case(const StudyCase& study_case);

/// What theories say of the case's measurements, the better ones first; empty where none speaks of them.
std::vector<PredictionRecord> predictions_of(const StudyCase& study_case);

}  // namespace shatterproof
