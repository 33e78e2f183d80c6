// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "shatterproof/examine/compare.h"
#include "shatterproof/results/finding.h"
#include "shatterproof/results/reader.h"

namespace shatterproof {

struct AcceptanceOptions {
  Severity bar = Severity::critical;  ///< findings decide from this severity on
  std::vector<std::string> ignored;   ///< ids of rules whose findings decide nothing
};

/// A finding, and what it counts for.
struct WeighedFinding {
  Finding finding;
  bool ignored = false;
  std::optional<Severity> before;  ///< in the baseline; empty: not found there, or there is none
  bool refuses = false;            ///< for it the network is not accepted
};

/// Whether a network is accepted, by what was found in it.
struct Acceptance {
  Severity bar = Severity::critical;
  std::vector<WeighedFinding> findings;     ///< in the order of the results
  std::vector<std::string> ignored_absent;  ///< rules that are ignored and found nothing
  /// The baseline and these results; empty without one.
  std::optional<Comparison> comparison;
  /// How the baseline was made otherwise, so that a finding may come from that: "seeds 5, now 3".
  std::vector<std::string> made_otherwise;

  bool is_accepted() const;
};

/// A finding refuses when it is as severe as the bar, nobody ignores its rule and, where there is a
/// `baseline`, it is new or more severe than there (`FindingChange::is_worse`).
///
/// Throws std::invalid_argument on an ignored rule that the catalog does not have, on a baseline that is not
/// of one check (`require_baseline`), and what `compare` throws. O(readings).
Acceptance acceptance(const Results& results, const AcceptanceOptions& options,
                      const Results* baseline = nullptr);

/// Throws std::invalid_argument naming `operation` unless `results` are those of one check: one network, with
/// a verdict.
void require_baseline(const Results& results, const std::string& operation);

}  // namespace shatterproof
