// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace shatterproof {

/// What an import may cost: numbers computed, and seconds. A file of a few hundred bytes can ask for any
/// number of either.
///
/// What is allowed grows with what the file brings: a number that is stored or put in allows for kPerNumber
/// that are computed, which no network that is of use comes near. The budget is the thread's while it lives;
/// within another one it counts towards that one.
class WorkBudget {
 public:
  static constexpr double kPerNumber = 1e4, kFree = 1 << 27, kMostSeconds = 600;

  WorkBudget();
  ~WorkBudget();
  WorkBudget(const WorkBudget&) = delete;
  WorkBudget& operator=(const WorkBudget&) = delete;

 private:
  friend void allow_work(double numbers);
  friend void charge_work(double numbers);
  friend void require_within_budget();

  WorkBudget* outer_;
  double left_ = kFree;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// The file, or a batch it is tried on, has brought so many numbers.
void allow_work(double numbers);
/// So many are to be computed next. Throws std::invalid_argument, in one line, where that is over the budget.
/// Without a budget nothing is.
void charge_work(double numbers);
/// Throws likewise where an earlier charge was over it, though somebody caught that.
void require_within_budget();

}  // namespace shatterproof
