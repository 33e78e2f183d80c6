// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/train/training_run.h"

#include <fmt/format.h>

#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"

namespace shatterproof {
namespace {

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
    if (written_ < 0) {
      measure_what_is_due();
    } else {
      repeat_what_was_kept();
    }
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
    trainer_.restore(*last);
    result_.readings = last->readings;
    result_.resumed_at = written_ = last->step;
  }

  // As if training had never stopped.
  void repeat_what_was_kept() {
    for (const Reading& reading : result_.readings) {
      if (options_.after_reading) options_.after_reading(reading);
    }
    for (const EpochRecord& epoch : trainer_.epochs()) {
      if (options_.after_epoch) options_.after_epoch(epoch);
    }
  }

  void step() {
    const int64_t before = trainer_.steps_made();
    const std::optional<EpochRecord> epoch = trainer_.step();
    if (options_.after_step) options_.after_step(trainer_);
    if (trainer_.steps_made() == before) return;
    measure_what_is_due();
    if (epoch && options_.after_epoch) options_.after_epoch(*epoch);
    const bool due = options_.checkpoint_every > 0 ? trainer_.steps_made() % options_.checkpoint_every == 0
                                                   : epoch.has_value();
    if (due) write_checkpoint_unless_written();
  }

  void measure_what_is_due() {
    std::vector<std::string> names;
    for (const LiveMeasurement& live : options_.live) {
      if (live.is_due(trainer_.steps_made(), trainer_.steps_per_epoch())) names.push_back(live.name);
    }
    if (names.empty()) return;
    const Network now = trainer_.network();
    for (Reading& reading : measure(now, options_.probe, names, options_.request).readings) {
      reading.case_name = fmt::format("step {}", trainer_.steps_made());
      if (options_.after_reading) options_.after_reading(reading);
      result_.readings.push_back(std::move(reading));
    }
  }

  void write_checkpoint_unless_written() {
    if (!folder_ || written_ == trainer_.steps_made()) return;
    TrainingState state = trainer_.state();
    state.readings = result_.readings;
    folder_->write(state);
    written_ = trainer_.steps_made();
  }

  Trainer& trainer_;
  const TrainingRunOptions& options_;
  std::optional<CheckpointFolder> folder_;
  TrainingResult result_;
  int64_t written_ = -1;  // steps made when the last checkpoint was written
};

}  // namespace

TrainingResult run_training(Trainer& trainer, const TrainingRunOptions& options) {
  return TrainingRun(trainer, options).run();
}

}  // namespace shatterproof
