// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/train/training_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/core/spec.h"
#include "train/fingerprint.h"

namespace shatterproof {
namespace {

std::string case_of(int64_t step) {
  return fmt::format("step {}", step);
}

int64_t step_of(const Reading& reading) {
  constexpr std::string_view kStep = "step ";
  const std::string& when = reading.case_name;
  return when.starts_with(kStep) ? parse_whole_number(std::string_view(when).substr(kStep.size())).value_or(0)
                                 : 0;
}

// What decides the readings, beside the training.
std::string measurements_of(const TrainingRunOptions& options) {
  if (options.live.empty()) return "none";
  std::string text;
  for (const LiveMeasurement& live : options.live)
    text += fmt::format("{}@{}{}, ", live.name, live.every, live.epochs ? "e" : "");
  return text + "on " + fingerprint(options.probe);
}

class TrainingRun {
 public:
  TrainingRun(Trainer& trainer, const TrainingRunOptions& options) : trainer_(trainer), options_(options) {
    if (!options.live.empty() && options.probe.examples() == 0)
      reject("train", "live measurements need a probe batch", "none");
    if (options.checkpoint_every < 0) {
      reject("train", "checkpoints are written every so many steps, from 0 on",
             std::to_string(options.checkpoint_every));
    }
    if (!options.checkpoints.empty()) folder_.emplace(options.checkpoints, options.kept_checkpoints);
    if (options.resume) {
      resume();
    } else if (folder_ && !folder_->files().empty()) {
      reject("checkpoints", "the folder must be empty where no earlier run is resumed",
             "'" + printable(options.checkpoints.string()) + "'");
    }
  }

  TrainingResult run() {
    measure_what_is_due();
    if (untold_ && options_.after_epoch) options_.after_epoch(*untold_);
    try {
      while (!trainer_.finished()) step();
    } catch (const Interrupted&) {
      write_checkpoint_unless_written();
      throw;
    }
    write_checkpoint_unless_written();
    result_.epochs = trainer_.epochs();
    return std::move(result_);
  }

 private:
  void resume() {
    if (!folder_) reject("resume", "needs the folder of the checkpoints", "none");
    const std::optional<TrainingState> last = folder_->last();
    if (!last) return;
    const std::string measurements = measurements_of(options_);
    trainer_.restore(*last, options_.resume_anyway);
    if (last->measurements != measurements && !options_.resume_anyway)
      reject("resume", "the checkpoint must be of the same measurements, here " + measurements,
             last->measurements);
    result_.readings = last->readings;
    result_.resumed_at = written_ = last->step;
    if (options_.after_resume) options_.after_resume(*last);
    tell_again(*last);
  }

  void tell_again(const TrainingState& state) {
    auto reading = state.readings.begin();
    const auto tell_readings = [&](int64_t up_to) {
      for (; reading != state.readings.end() && step_of(*reading) <= up_to; ++reading) {
        if (options_.after_reading) options_.after_reading(*reading);
      }
    };
    for (const EpochRecord& epoch : state.epochs) {
      const int64_t end = epoch.epoch * trainer_.steps_per_epoch();
      tell_readings(end);
      if (end == state.step) {
        untold_ = epoch;
      } else if (options_.after_epoch) {
        options_.after_epoch(epoch);
      }
    }
    tell_readings(state.step);
  }

  void step() {
    const int64_t before = trainer_.steps_made();
    const std::optional<EpochRecord> epoch = trainer_.step();
    if (options_.after_step) options_.after_step(trainer_);
    if (trainer_.steps_made() == before && !epoch) return;
    if (trainer_.steps_made() == before) written_ = -1;  // the checkpoint of this step lacks the epoch
    measure_what_is_due();
    if (epoch && options_.after_epoch) options_.after_epoch(*epoch);
    const bool due = options_.checkpoint_every > 0 ? trainer_.steps_made() % options_.checkpoint_every == 0
                                                   : epoch.has_value();
    if (due) write_checkpoint_unless_written();
  }

  // Ctrl-C may have come before the readings of a step or after them.
  bool has_measured(const std::string& when) const {
    return std::any_of(result_.readings.begin(), result_.readings.end(),
                       [&](const Reading& reading) { return reading.case_name == when; });
  }

  void measure_what_is_due() {
    const std::string now = case_of(trainer_.steps_made());
    std::vector<std::string> names;
    for (const LiveMeasurement& live : options_.live) {
      if (live.is_due(trainer_.steps_made(), trainer_.steps_per_epoch())) names.push_back(live.name);
    }
    if (names.empty() || has_measured(now)) return;
    for (Reading& reading : measure(trainer_.network(), options_.probe, names, options_.request).readings) {
      reading.case_name = now;
      if (options_.after_reading) options_.after_reading(reading);
      result_.readings.push_back(std::move(reading));
    }
  }

  void write_checkpoint_unless_written() {
    if (!folder_ || written_ == trainer_.steps_made()) return;
    TrainingState state = trainer_.state();
    state.readings = result_.readings;
    state.measurements = measurements_of(options_);
    folder_->write(state);
    written_ = trainer_.steps_made();
  }

  Trainer& trainer_;
  const TrainingRunOptions& options_;
  std::optional<CheckpointFolder> folder_;
  TrainingResult result_;
  std::optional<EpochRecord> untold_;  // of the step that is resumed, whose readings come first
  int64_t written_ = -1;               // steps made when the last checkpoint was written
};

}  // namespace

TrainingResult run_training(Trainer& trainer, const TrainingRunOptions& options) {
  return TrainingRun(trainer, options).run();
}

}  // namespace shatterproof
