// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "shatterproof/study/judge.h"
#include "study/toml_table.h"

namespace shatterproof {

/// What the table `train` of a case or of the settings says; empty when there is none.
std::optional<StudyTraining> read_training(TomlTable& table);

/// Throws std::invalid_argument when an option of the training is none, or a reading no curve of training.
void check_training(const StudyCase& study_case);

/// Where finished trials are kept, and by which program; an empty folder: nowhere.
struct TrialFiles {
  std::filesystem::path folder;
  std::string version;

  std::filesystem::path of(const StudyCase& study_case, uint64_t seed) const;
};

/// Trains what has not been trained of all cases that train, deepest first, so that no thread is idle between
/// cases. `after_trial` may be empty; it is called by one thread at a time.
void run_trials(const std::vector<StudyCase>& cases, int threads, const TrialFiles& files,
                const std::function<void(int64_t done, int64_t all)>& after_trial);

/// Trains a network for each seed that has not been trained, on up to `threads` threads, one each.
CaseResult trained_case(const StudyCase& study_case, int threads, const TrialFiles& files);

/// Seconds of one thread that the trials which are not kept will take: one step is timed.
double estimated_seconds(const StudyCase& study_case, const TrialFiles& files);

}  // namespace shatterproof
