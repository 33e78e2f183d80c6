// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/train/live_measurement.h"
#include "shatterproof/train/trainer.h"

namespace shatterproof {

/// What accompanies a training from its first step to its last.
struct TrainingRunOptions {
  std::vector<LiveMeasurement> live;
  Batch probe;                        ///< what `live` measures on
  MeasureRequest request;             ///< how
  std::filesystem::path checkpoints;  ///< folder; empty: none are written
  int64_t checkpoint_every = 0;       ///< steps; 0: after every epoch
  int64_t kept_checkpoints = 2;
  bool resume = false;         ///< go on from the newest checkpoint, when there is one
  bool resume_anyway = false;  ///< also where it is one of a training that differs: see Trainer::restore
  std::function<void(const TrainingState&)> after_resume;  ///< with what was done before
  std::function<void(const Trainer&)> after_step;
  /// On `resume` first for those that were kept, in the order in which a run that is not interrupted has
  /// them.
  std::function<void(const EpochRecord&)> after_epoch;
  std::function<void(const Reading&)> after_reading;  ///< likewise
};

/// What came of it, that before `resume` included.
struct TrainingResult {
  std::vector<EpochRecord> epochs;
  std::vector<Reading> readings;  ///< their case says when: "step 32"
  int64_t resumed_at = 0;         ///< steps that were already made
};

/// Trains to the end: live measurements, checkpoints, and one more checkpoint when Ctrl-C interrupts it.
///
/// Throws Interrupted then, what `measure` throws, IoError when a checkpoint cannot be written or read, and
/// std::invalid_argument when it is one of another network or other options; all that is known to be wrong
/// before the first callback.
TrainingResult run_training(Trainer& trainer, const TrainingRunOptions& options);

}  // namespace shatterproof
