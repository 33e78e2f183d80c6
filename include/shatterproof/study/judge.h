// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "shatterproof/results/claim.h"
#include "shatterproof/results/finding.h"
#include "shatterproof/results/record.h"
#include "shatterproof/study/study.h"

namespace shatterproof {

/// What came of one case of a study.
struct CaseResult {
  std::string name;
  std::vector<Reading> readings;  ///< means over its seeds
  std::vector<PredictionRecord> predictions;
  CoverageRecord coverage;
  std::vector<Finding> findings = {};  ///< of a case that is checked: each rule's worst over its seeds
};

/// Judges every claim of a study, in its order. `results` has one entry per case.
///
/// A claim about a reading that is missing, ambiguous or undefined fails and says so; `measured` is then NaN.
std::vector<Claim> judge(const Study& study, const std::vector<CaseResult>& results);

}  // namespace shatterproof
