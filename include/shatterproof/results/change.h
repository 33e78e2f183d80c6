// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "shatterproof/results/finding.h"
#include "shatterproof/results/remedy.h"

namespace shatterproof {

/// One attempt to mend a network: changes made together, and what a check of the changed one says.
struct ChangeRecord {
  std::vector<Remedy> changes;      ///< in the order in which they were made
  std::vector<std::string> left;    ///< findings of watch or more
  Severity worst = Severity::info;  ///< of these
  std::string reading;              ///< the one that shows the finding, or that theory speaks of
  std::optional<double> before, predicted, after;  ///< that reading; of a curve its place at the input
  std::optional<double> loss_before, loss_after;   ///< what a rehearsal comes down to
  std::string rehearsal;                           ///< its verdict afterwards; empty without one
  bool helps = false;                              ///< fewer findings or less severe ones
  bool kept = false;
  /// Of what is kept: the smallest loss over rates after training as it was and as it is, and that of the
  /// best guess that looks at no input.
  std::optional<double> learned_before, learned_after, constant_loss;
};

}  // namespace shatterproof
