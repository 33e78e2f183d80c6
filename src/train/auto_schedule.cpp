// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/train/auto_schedule.h"

#include <fmt/format.h>

#include <cmath>

#include "shatterproof/core/error.h"
#include "shatterproof/core/line_fit.h"

namespace shatterproof {
namespace {

void require(bool holds, const char* rule, double got) {
  if (!holds) reject("auto", rule, fmt::format("{}", got));
}

}  // namespace

AutoSchedule::AutoSchedule(const AutoScheduleOptions& options) : options_(options) {
  require(options.window >= 2, "window must be from 2 on", static_cast<double>(options.window));
  require(options.patience >= 1, "patience must be from 1 on", static_cast<double>(options.patience));
  for (const double number :
       {options.least_progress, options.drop, options.progress_factor, options.least_accuracy})
    require(std::isfinite(number), "every number must be finite", number);
  require(options.drop > 1, "drop must be above 1", options.drop);
  require(options.progress_factor > 0, "progress_factor must be positive", options.progress_factor);
}

double AutoSchedule::factor(const TrainingPosition&) const {
  return std::pow(options_.drop, -static_cast<double>(drops_));
}

bool AutoSchedule::makes_progress() const {
  const double wanted =
      options_.least_progress * std::pow(options_.progress_factor, static_cast<double>(drops_));
  return line_fit(losses_).slope <= -wanted;
}

Schedule::Advice AutoSchedule::drop(const EpochRecord& epoch) {
  idle_epochs_ = 0;
  if (drops_ == 0 && epoch.train_accuracy < options_.least_accuracy && redraws_ < options_.redraws) {
    ++redraws_;
    losses_.clear();
    return Advice::redraw;
  }
  if (drops_ == options_.drops) return Advice::stop;
  ++drops_;
  return Advice::go_on;
}

Schedule::Advice AutoSchedule::after_epoch(const EpochRecord& epoch) {
  losses_.push_back(epoch.train_loss);
  if (static_cast<int64_t>(losses_.size()) > options_.window) losses_.erase(losses_.begin());
  if (static_cast<int64_t>(losses_.size()) < options_.window) return Advice::go_on;
  idle_epochs_ = makes_progress() ? 0 : idle_epochs_ + 1;
  return idle_epochs_ < options_.patience ? Advice::go_on : drop(epoch);
}

std::vector<double> AutoSchedule::state() const {
  std::vector<double> state = {static_cast<double>(idle_epochs_), static_cast<double>(drops_),
                               static_cast<double>(redraws_)};
  state.insert(state.end(), losses_.begin(), losses_.end());
  return state;
}

void AutoSchedule::restore(const std::vector<double>& state) {
  constexpr size_t kCounts = 3;
  if (state.size() < kCounts || state.size() > kCounts + static_cast<size_t>(options_.window)) {
    reject("auto", "a state has 3 counts and at most a window of losses", fmt::format("{}", state.size()));
  }
  idle_epochs_ = static_cast<int64_t>(state[0]);
  drops_ = static_cast<int64_t>(state[1]);
  redraws_ = static_cast<int64_t>(state[2]);
  losses_.assign(state.begin() + kCounts, state.end());
}

}  // namespace shatterproof
