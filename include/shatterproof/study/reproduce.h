// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "shatterproof/study/judge.h"

namespace shatterproof {

struct ReproduceOptions {
  int threads = 1;  ///< seeds run in parallel, one thread each
  /// Where finished cases are kept, so that a study that was interrupted goes on where it stopped; empty:
  /// nowhere. Files of other settings or another `version` are left alone and not used.
  std::filesystem::path cases;
  std::string version;
  std::string images = "procedural";  ///< see StudyCase::images
  /// Called after each trial of a study that trains, when so many of all its trials are done.
  std::function<void(int64_t done, int64_t all)> after_trial;
  /// Called before each case, with its number from 0; `kept` when an earlier run has finished it.
  std::function<void(const StudyCase&, size_t number, bool kept)> before_case;
};

/// How a case is drawn and run, for a results file.
CaseRecord case_record(const StudyCase& study_case);

/// Runs one case: readings averaged over its seeds, predictions where a theory speaks of them.
///
/// Same study, same readings, whatever the number of threads. Throws what `measure` throws, Interrupted on
/// Ctrl-C.
CaseResult run_case(const StudyCase& study_case, int threads);

/// Runs every case of a study that has not been run. What every case asks for is checked before the first one
/// runs.
std::vector<CaseResult> reproduce(const Study& study, const ReproduceOptions& options);

/// Seconds that training will take where nothing of it is kept, from one step of each case; 0 for a study
/// that trains nothing.
double estimated_training_seconds(const Study& study, const ReproduceOptions& options);

/// Removes the files in which `reproduce` kept the study's cases, and their folder when nothing else is in
/// it.
void forget_cases(const Study& study, const ReproduceOptions& options);

}  // namespace shatterproof
