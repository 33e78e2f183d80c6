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
  /// What each claim of the case measures, by seed; NaN where a seed has no such number. Empty: not known.
  std::vector<std::vector<double>> draws = {};
  std::vector<Finding> findings = {};  ///< of a case that is checked: each rule's worst over its seeds
};

/// Judges every claim of a study, in its order, and behind those of each case, where two or more of them say
/// what a mean over at least as many seeds equals within its error, one more: that they do so together.
/// `results` has one entry per case.
///
/// Standard errors come from few seeds, so that their multiples are Student's: as likely as those of Gauss.
/// Together means that T^2 = d^T S^-1 d, d what is measured less what is expected, S the covariance of both,
/// which knows how neighbouring places of a curve go together, is no larger than Hotelling's distribution has
/// it in one of 16,000 cases, which are four standard errors.
///
/// A claim about a reading that is missing, ambiguous or undefined fails and says so; `measured` is then NaN.
std::vector<Claim> judge(const Study& study, const std::vector<CaseResult>& results);

}  // namespace shatterproof
