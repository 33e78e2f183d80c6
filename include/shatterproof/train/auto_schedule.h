// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "shatterproof/train/schedule.h"

namespace shatterproof {

struct AutoScheduleOptions {
  int64_t window = 10;               ///< epochs whose training loss is fitted by a line
  int64_t patience = 5;              ///< epochs in a row without progress after which the rate drops
  double least_progress = 0.0015;    ///< fall of the loss per epoch that counts as progress
  double drop = 8;                   ///< what a drop divides the rate by
  double progress_factor = 2.0 / 3;  ///< what a drop multiplies `least_progress` by
  int64_t drops = 2;                 ///< the one after the last stops training
  double least_accuracy = 0.12;  ///< on the training examples before the first drop; below it: new weights
  int64_t redraws = 3;           ///< most times that new weights are asked for
};

/// Drops the learning rate when the training loss no longer falls.
///
///   slope = least-squares slope of the last `window` epochs' training losses against their number
///
/// After `patience` epochs in a row with slope > -least_progress the rate is divided by `drop` and
/// least_progress multiplied by `progress_factor`; after `drops` drops the next one stops. Until `window`
/// losses are there, no epoch counts. When the training accuracy is below `least_accuracy` where the first
/// drop is due, new weights are asked for instead. A drop starts the count anew, not the window.
/// [SG] section 4, the authors' settings.
class AutoSchedule : public Schedule {
 public:
  /// Throws std::invalid_argument when window < 2, patience < 1, drop <= 1 or a number is not finite.
  explicit AutoSchedule(const AutoScheduleOptions& options = {});

  double factor(const TrainingPosition& position) const override;
  Advice after_epoch(const EpochRecord& epoch) override;
  std::vector<double> state() const override;
  void restore(const std::vector<double>& state) override;

 private:
  bool makes_progress() const;
  Advice drop(const EpochRecord& epoch);

  AutoScheduleOptions options_;
  std::vector<double> losses_;  ///< the last `window`
  int64_t idle_epochs_ = 0, drops_ = 0, redraws_ = 0;
};

}  // namespace shatterproof
