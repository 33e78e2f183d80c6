// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/run/tap_source.h"
#include "shatterproof/train/rehearsal.h"
#include "train/random_task.h"
#include "train/task.h"

namespace shatterproof {

/// The seconds that a rehearsal may take, from its making on: processor time of the calling thread, so that a
/// verdict does not depend on what else the machine does. By the clock they may become kMostStretch times as
/// many.
class Budget {
 public:
  static constexpr double kMostStretch = 4;

  explicit Budget(double seconds) : seconds_(seconds) {}
  double by_the_clock() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  double spent() const { return std::max(thread_seconds() - busy_at_start_, by_the_clock() / kMostStretch); }
  double left() const { return seconds_ - spent(); }
  bool is_spent() const { return left() <= 0; }

 private:
  static double thread_seconds();

  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  double busy_at_start_ = thread_seconds();
  double seconds_;
};

/// How a rehearsal runs: batch statistics differentiated through, a final softmax taken off.
RunOptions run_of(const RehearsalOptions& options);

/// What one source made of one batch.
struct StageResult {
  Rehearsal rehearsal;
  double seconds_per_step = 0;  ///< of the last one
  Batch seen;                   ///< what of the batch the answers depend on
  bool in_order = false;  ///< the numbers of every answer rise, or fall, before all steps and after the best
};

/// How a stage differs from random answers to the examples as they are.
struct StageChange {
  Asking asking;
  double neighbourhood = 0;    ///< inputs are moved by this part of their deviation, anew in every step
  const Task* task = nullptr;  ///< asked in place of random answers, where there is one
};

/// All rates of one rehearsal on all of `batch`, and what they come to.
StageResult rehearsed_on(TapSource& source, Batch batch, const RehearsalOptions& options,
                         const Budget& budget, const StageChange& change = {});

/// Stuck or slow: what another task, or other weights, are asked about.
bool lags(const Rehearsal& rehearsal);
/// Losses in succession that make a level.
inline constexpr int64_t kLossesOfLevel = 5;

}  // namespace shatterproof
