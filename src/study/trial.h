// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "shatterproof/results/finding.h"
#include "shatterproof/results/record.h"
#include "shatterproof/study/study.h"

namespace shatterproof {

/// What one seed of a case came to: the unit in which studies are run, kept and resumed. A reading that could
/// not be made is undefined and says why.
struct StudyTrial {
  std::vector<Reading> readings;
  CoverageRecord coverage;
  std::vector<Finding> findings = {};  ///< of a draw that was checked
};

/// Runs one seed of a case, on the threads that tensor operations have. Throws what `measure` throws,
/// Interrupted on Ctrl-C.
StudyTrial run_trial(const StudyCase& study_case, uint64_t seed);

// One for each kind of source; `run_trial` chooses. A measurement of nothing but gradients takes a series of
// numbers, W_i ~ N(0, 1/200) (white) or their partial sums (brown), in their place: [SG] figure 1 d and e.
StudyTrial drawn_trial(const StudyCase& study_case, const DrawnNetwork& network, uint64_t seed);
StudyTrial trained_trial(const StudyCase& study_case, const TrainedNetwork& network, uint64_t seed);
/// The verdict on a drawn network: the reading `severity` and what was found. Thresholds as they are, every
/// rehearsal to its end, so that it depends on no machine's speed.
StudyTrial checked_trial(const StudyCase& study_case, const DrawnNetwork& network, uint64_t seed);
StudyTrial noise_trial(const StudyCase& study_case, const NoiseSeries& noise, uint64_t seed);
StudyTrial gates_trial(const StudyCase& study_case, const IndependentGates& gates);

/// How many trials a case has: one for each seed; of gates one, whose theory draws as many as it needs.
int64_t trial_count(const StudyCase& study_case);

/// Throws std::invalid_argument when the case asks for something that does not exist.
void require_runnable(const StudyCase& study_case);
void require_trainable(const StudyCase& study_case, const TrainedNetwork& network);

/// Seconds that one step of training takes for each example, on one thread: one is timed.
double seconds_per_example(const StudyCase& study_case, const TrainedNetwork& network);

}  // namespace shatterproof
