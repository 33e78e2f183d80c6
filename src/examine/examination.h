// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "shatterproof/diagnose/rule.h"
#include "shatterproof/examine/session.h"

namespace shatterproof {

/// Gathers what the rules look at while draws are measured: facts of the first trial, and where a number
/// stopped being one.
class Gathering {
 public:
  explicit Gathering(const Session& session);

  /// To be called for every trial while its network is at hand, from several threads.
  void visit(int64_t index, const Trial& trial, TapSource& source, const Measured& measured);

  /// The first draw, kept to be tried.
  const Trial& first() const { return *first_; }

  /// Everything the rules look at, with what one layer of the same width shows on the same inputs.
  Examination examination(const MeasuredSeeds& measured) const;

 private:
  void take_facts(const Trial& trial, TapSource& source);

  const Session& session_;
  std::mutex mutex_;
  Examination facts_;
  std::optional<Trial> first_;
  std::vector<std::optional<NonFinite>> non_finite_;  // per draw
};

/// Whether a number that is not finite was met on the way to any of these. What is undefined for want of a
/// place to measure says nothing of that.
bool met_non_finite(const std::vector<Reading>& readings);

/// What the rules can look at of a source that shows taps: the readings, and the structure of its graph, or
/// the layers and residual sums that the taps tell of.
Examination examination_of(TapSource& source, const Batch& batch, const RunOptions& options,
                           const std::vector<Reading>& readings);

/// correlation_length of one rectifier layer as wide as a source that runs, on the same batch; empty where
/// that says nothing.
std::optional<Reading> shallow_twin_of(const TapSource& source, const Batch& batch, const RunOptions& options,
                                       const Examination& examination);

}  // namespace shatterproof
