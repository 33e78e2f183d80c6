// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "shatterproof/diagnose/rule.h"
#include "shatterproof/results/finding.h"
#include "shatterproof/results/record.h"

namespace shatterproof::cli {

/// What a person reads after a check.
struct Verdict {
  std::vector<std::string> header;   ///< network, size, weights, inputs: one fact each
  std::vector<std::string> remarks;  ///< what the reader should know of how it was measured
  std::vector<Finding> findings;     ///< worst first
  std::vector<std::string> healthy;  ///< what was checked and found fine
  std::vector<Reading> readings;     ///< those along the depth are shown
  CoverageRecord coverage;
};

/// The worst severity, or "HEALTHY".
std::string verdict_word(const std::vector<Finding>& findings);

/// The same for a results file.
VerdictRecord verdict_record(const Diagnosis& diagnosis);

/// Prints a verdict: at most five findings, then what is healthy, the profiles, and the coverage.
void print_verdict(std::ostream& out, const Verdict& verdict);

}  // namespace shatterproof::cli
