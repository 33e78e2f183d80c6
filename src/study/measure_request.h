// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/experiment/measure.h"
#include "shatterproof/study/study.h"

namespace shatterproof {

/// How a case's networks are measured. Throws std::invalid_argument on a wrong word.
MeasureRequest measure_request(const StudyCase& study_case);

}  // namespace shatterproof
