// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "shatterproof/results/claim.h"
#include "shatterproof/results/finding.h"
#include "shatterproof/results/graph.h"
#include "shatterproof/results/record.h"

namespace shatterproof {

/// Everything in a results file, in the order it was written within each kind.
struct Results {
  ContextRecord context;
  std::vector<CaseRecord> cases;
  std::vector<GraphRecord> graphs;
  std::vector<Reading> readings;
  std::vector<PredictionRecord> predictions;
  std::vector<Finding> findings;
  std::vector<VerdictRecord> verdicts;
  std::vector<Claim> claims;
  std::vector<EpochRecord> epochs;
  std::vector<CoverageRecord> coverage;
};

/// Reads a results file back. Unknown keys and unknown kinds of records are ignored: newer writers may add
/// them.
///
/// Throws IoError "path: line 7: rule; got x" when a line is no JSON object or a known key holds the wrong
/// thing, when the first line is not a context, or when the file's schema is newer than this library's.
Results read_results(const std::string& path);
/// The same from a stream; `name` stands for the path in errors.
Results read_results(std::istream& stream, const std::string& name);

}  // namespace shatterproof
