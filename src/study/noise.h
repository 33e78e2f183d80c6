// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/study/judge.h"

namespace shatterproof {

/// The case's measurements of a series of random numbers, as if they were gradients along the inputs' grid:
/// white, W_1 ... W_M; or brown, their partial sums; W_i ~ N(0, 1/200). [SG] figure 1 d and e.
CaseResult measured_noise(const StudyCase& study_case);

}  // namespace shatterproof
