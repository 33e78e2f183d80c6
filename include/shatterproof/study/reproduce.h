// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "shatterproof/study/judge.h"

namespace shatterproof {

/// How far a study has come. A trial is one seed of one case.
struct StudyProgress {
  int64_t trials = 0;  ///< of all its cases
  int64_t kept = 0;    ///< of these, what earlier runs have made
  int64_t made = 0;    ///< by this run
};

struct ReproduceOptions {
  int threads = 1;  ///< trials run in parallel, one thread each
  /// Where finished trials are kept, so that a study that was interrupted or killed goes on where it stopped;
  /// empty: nowhere. Files of other settings, or of a library that was built from other sources, are left
  /// alone and not used.
  std::filesystem::path kept;
  std::string images = "procedural";  ///< see StudyCase::images
  uint64_t first_seed = 1;            ///< of every case; other ones are other networks and inputs
  /// Called once before the first trial and after each, by one thread at a time.
  std::function<void(const StudyProgress&)> progress;
};

/// Runs one case: readings averaged over its seeds, predictions where a theory speaks of them.
///
/// Same study, same readings, whatever the number of threads. Throws what `measure` throws, Interrupted on
/// Ctrl-C.
CaseResult run_case(const StudyCase& study_case, int threads);

/// Runs every trial of a study that has not been run, and averages the readings of each case over its trials.
/// What every case asks for is checked before the first one runs.
std::vector<CaseResult> reproduce(const Study& study, const ReproduceOptions& options);

/// Seconds that training will take where nothing of it is kept, from one step of each case; 0 for a study
/// that trains nothing.
double estimated_training_seconds(const Study& study, const ReproduceOptions& options);

/// Removes the files in which `reproduce` kept the study's trials, and their folder when nothing else is in
/// it.
void forget_trials(const Study& study, const ReproduceOptions& options);

}  // namespace shatterproof
