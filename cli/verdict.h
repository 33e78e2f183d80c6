// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "shatterproof/results/finding.h"
#include "shatterproof/results/record.h"

namespace shatterproof::cli {

/// What a person reads after a check.
struct Verdict {
  std::vector<std::string> header;   ///< network, size, weights, inputs: one fact each
  std::vector<std::string> remarks;  ///< what the reader should know of how it was measured
  std::vector<Finding> findings;     ///< worst first
  std::vector<std::string> healthy;  ///< what was checked and found fine
  CoverageRecord coverage;
};

/// The worst severity, or "HEALTHY".
std::string verdict_word(const std::vector<Finding>& findings);

/// Prints a verdict: at most five findings, then what is healthy, then the coverage.
void print_verdict(std::ostream& out, const Verdict& verdict);

}  // namespace shatterproof::cli
