// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "shatterproof/mend/mend.h"
#include "shatterproof/remedy/apply.h"

namespace shatterproof {

/// Makes changes of a network and checks what comes out.
class Trying {
 public:
  /// `subject` and `options` must outlive it. Runs the first check.
  Trying(const Subject& subject, const MendOptions& options);

  const Checked& before() const { return before_; }

  /// The first draw with the changes, one after the other; empty where one of them cannot be made.
  std::optional<Changed> made(const std::vector<Remedy>& changes) const;
  /// What a check of it says; empty likewise.
  std::optional<ChangeRecord> tried(std::vector<Remedy> changes) const;
  /// A check of the changed network over all draws that the first check had.
  Checked checked_over_draws(const std::vector<Remedy>& changes, const Changed& made) const;

  /// How much is found: 1 for each finding on watch, more than all of these for each that is critical.
  static int64_t burden(const Diagnosis& diagnosis);

  const Trial& first() const { return first_; }

 private:
  CheckOptions options_after(const std::vector<Remedy>& changes) const;
  Subject subject_after(const Changed& made) const;
  void read(const Checked& after, ChangeRecord& trial) const;

  const Subject& subject_;
  const MendOptions& options_;
  Checked before_;
  Trial first_;
};

}  // namespace shatterproof
