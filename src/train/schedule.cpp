// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "shatterproof/core/error.h"
#include "shatterproof/train/auto_schedule.h"

namespace shatterproof {

void Schedule::restore(const std::vector<double>& state) {
  if (!state.empty()) {
    reject("schedule", "a schedule without memory has no state", std::to_string(state.size()) + " numbers");
  }
}

namespace {

constexpr int64_t kMostEpochs = 1'000'000;

// A factor of the position alone, under a rise from 0 over the first `warm_up` epochs.
class PositionSchedule : public Schedule {
 public:
  explicit PositionSchedule(const Spec& values) : warm_up_(values.number("warm_up", 0)) {
    if (!(warm_up_ >= 0)) reject(values.name(), "warm_up must not be negative", values.word("warm_up", ""));
  }

  double factor(const TrainingPosition& position) const override {
    const double rise = warm_up_ * static_cast<double>(position.steps_per_epoch);
    const double made = static_cast<double>(position.step) + 1;
    return (made < rise ? made / rise : 1) * after_warm_up(position);
  }

 protected:
  virtual double after_warm_up(const TrainingPosition& position) const = 0;
  double warm_up() const { return warm_up_; }

 private:
  double warm_up_;  // epochs
};

class ConstantSchedule : public PositionSchedule {
 public:
  using PositionSchedule::PositionSchedule;

 protected:
  double after_warm_up(const TrainingPosition&) const override { return 1; }
};

class StepSchedule : public PositionSchedule {
 public:
  explicit StepSchedule(const Spec& values)
      : PositionSchedule(values),
        every_(values.count("every", 30, 1, kMostEpochs)),
        factor_(values.number("factor", 0.1)) {
    if (!(factor_ > 0)) reject("step", "factor must be positive", values.word("factor", ""));
  }

 protected:
  double after_warm_up(const TrainingPosition& position) const override {
    const int64_t epoch = position.step / std::max<int64_t>(1, position.steps_per_epoch);
    return std::pow(factor_, static_cast<double>(epoch / every_));
  }

 private:
  int64_t every_;
  double factor_;
};

class CosineSchedule : public PositionSchedule {
 public:
  explicit CosineSchedule(const Spec& values) : PositionSchedule(values), least_(values.number("least", 0)) {
    if (!(least_ >= 0 && least_ <= 1))
      reject("cosine", "least must be from 0 to 1", values.word("least", ""));
  }

 protected:
  double after_warm_up(const TrainingPosition& position) const override {
    const auto per_epoch = static_cast<double>(position.steps_per_epoch);
    const double rise = warm_up() * per_epoch;
    const double fallen = static_cast<double>(position.step) - rise;
    if (fallen <= 0) return 1;  // also where training ends before the fall begins
    const double length = static_cast<double>(position.epochs) * per_epoch - rise;
    const double done = std::min(fallen / length, 1.0);
    return least_ + (1 - least_) * (1 + std::cos(std::numbers::pi * done)) / 2;
  }

 private:
  double least_;
};

template <typename Kind>
std::unique_ptr<Schedule> make(const Spec& values) {
  return std::make_unique<Kind>(values);
}

std::unique_ptr<Schedule> make_auto(const Spec& values) {
  AutoScheduleOptions options;
  options.window = values.count("window", options.window, 2, kMostEpochs);
  options.patience = values.count("patience", options.patience, 1, kMostEpochs);
  options.least_progress = values.number("least_progress", options.least_progress);
  options.drop = values.number("drop", options.drop);
  options.progress_factor = values.number("progress_factor", options.progress_factor);
  options.drops = values.count("drops", options.drops, 0, kMostEpochs);
  options.least_accuracy = values.number("least_accuracy", options.least_accuracy);
  options.redraws = values.count("redraws", options.redraws, 0, kMostEpochs);
  return std::make_unique<AutoSchedule>(options);
}

OptionRecord warm_up_option() {
  return {"warm_up", "0", "epochs over which the rate rises linearly from 0"};
}

}  // namespace

std::span<const ScheduleRecord> schedules() {
  static const std::vector<ScheduleRecord> table = {
      {"constant",
       "The same learning rate throughout.",
       "1",
       "",
       {warm_up_option()},
       false,
       make<ConstantSchedule>},
      {"step",
       "Falls by a factor every so many epochs.",
       "factor^floor(epoch / every)",
       "",
       {{"every", "30", "epochs between falls"}, {"factor", "0.1", "of each fall"}, warm_up_option()},
       false,
       make<StepSchedule>},
      {"cosine",
       "Falls along half a cosine, to its least at the end of the last epoch.",
       "least + (1 - least) (1 + cos(pi step / steps)) / 2",
       "Loshchilov and Hutter 2017",
       {{"least", "0", "the factor at the end"}, warm_up_option()},
       true,
       make<CosineSchedule>},
      {"auto",
       "Drops when the training loss no longer falls, stops after the last drop.",
       "drop^-k after k drops; a drop after `patience` epochs in a row with slope > -least_progress",
       "Balduzzi et al. 2017, section 4, the authors' settings",
       {{"window", "10", "epochs whose training loss is fitted by a line"},
        {"patience", "5", "epochs in a row without progress after which the rate drops"},
        {"least_progress", "0.0015", "fall of the loss per epoch that counts as progress"},
        {"drop", "8", "what a drop divides the rate by"},
        {"progress_factor", "0.6666666666666666", "what a drop multiplies least_progress by"},
        {"drops", "2", "drops; the next one stops training"},
        {"least_accuracy", "0.12", "on training examples before the first drop; below it, new weights"},
        {"redraws", "3", "most times that new weights are asked for"}},
       false,
       make_auto},
  };
  return table;
}

const ScheduleRecord& schedule_of(std::string_view spec) {
  const Spec values = Spec::parse(spec);
  std::vector<std::string> known;
  for (const ScheduleRecord& record : schedules()) {
    if (record.name == values.name()) return record;
    known.push_back(record.name);
  }
  reject_unknown("schedule", "schedule", values.name(), known);
}

std::unique_ptr<Schedule> make_schedule(std::string_view spec) {
  const Spec values = Spec::parse(spec);
  std::unique_ptr<Schedule> schedule = schedule_of(spec).make(values);
  values.reject_unread();
  return schedule;
}

}  // namespace shatterproof
