// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shatterproof/study/judge.h"
#include "study/trial.h"

namespace shatterproof {

/// The trials of a case, by seed; empty: not made.
using Trials = std::vector<std::optional<StudyTrial>>;

/// Means over the trials that were made, what theory says beside them, and what was found in any of them, as
/// severe as it was there at most. `failures` says of trials that are not why; a seed is named in the
/// coverage then. Throws std::invalid_argument when the readings of two trials have different axes.
CaseResult case_result(const StudyCase& study_case, const Trials& trials,
                       const std::vector<std::string>& failures = {});

/// The cases with `images` for those that run on some. Throws std::invalid_argument when one asks for what
/// does not exist; of a sweep this is tried of one case for each value of an axis.
std::vector<StudyCase> runnable_cases(const Study& study, const std::string& images);

/// Cases of a sweep that stand for all: by axis and value the one that differs from the first case in that
/// value alone, else the first one that has it. Positions in `cases`; empty where no case has the value.
using SampleCases = std::vector<std::vector<std::optional<size_t>>>;
SampleCases sample_cases(const Study& study);

}  // namespace shatterproof
