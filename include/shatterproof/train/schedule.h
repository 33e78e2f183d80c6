// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shatterproof/core/spec.h"
#include "shatterproof/results/record.h"

namespace shatterproof {

/// Where training stands: `step` steps have been made of `steps_per_epoch` * `epochs`.
struct TrainingPosition {
  int64_t step = 0;
  int64_t steps_per_epoch = 1;
  int64_t epochs = 1;
};

/// By which factor the learning rate is multiplied, step by step.
class Schedule {
 public:
  enum class Advice {
    go_on,
    stop,    ///< nothing more is to be gained
    redraw,  ///< these initial weights do not train: start anew with others
  };

  virtual ~Schedule() = default;

  /// Of the step to come.
  virtual double factor(const TrainingPosition& position) const = 0;
  /// To be called after each epoch.
  virtual Advice after_epoch(const EpochRecord&) { return Advice::go_on; }

  /// What it remembers of earlier epochs, and going on from it. Throws std::invalid_argument when the
  /// numbers are no state of this schedule.
  virtual std::vector<double> state() const { return {}; }
  virtual void restore(const std::vector<double>& state);
};

/// All that is said of a schedule: help, docs and errors read this record and nothing else.
struct ScheduleRecord {
  std::string name, sentence, formula, reference;
  std::vector<OptionRecord> options;
  /// Whether a factor depends on how many epochs there will be: TrainingPosition::epochs. Training that goes
  /// on from a checkpoint then must be of as many.
  bool depends_on_epochs = false;
  std::unique_ptr<Schedule> (*make)(const Spec& values);
};

/// Every schedule. No other list of them exists.
std::span<const ScheduleRecord> schedules();

/// The record of the schedule that "cosine:warm_up=2" names. Throws std::invalid_argument on an unknown one,
/// naming the known ones.
const ScheduleRecord& schedule_of(std::string_view spec);

/// The schedule that "cosine:warm_up=2" names. Throws std::invalid_argument on an unknown one or option
/// (naming the known ones) and on values out of range.
std::unique_ptr<Schedule> make_schedule(std::string_view spec);

}  // namespace shatterproof
