// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <string>

#include "shatterproof/study/judge.h"

namespace shatterproof {

/// A number that a claim speaks of, or why there is none.
struct Quantity {
  double value = std::numeric_limits<double>::quiet_NaN();
  double standard_error = 0;
  double n = 1;               ///< networks behind it
  bool is_geometric = false;  ///< averaged over them by its logarithm
  std::string axis;           ///< of a curve: what its positions are
  std::string missing;        ///< the reason; empty when there is a number
};

/// What the claim is about, in one case.
Quantity measured_quantity(const StudyCase& study_case, const CaseResult& result, const StudyClaim& claim);

/// What the claim's theory says it is.
Quantity predicted_quantity(const CaseResult& result, const StudyClaim& claim);

/// What the dilution measured behind the claim's place leaves of the growth of a block: see diluted_growth.
Quantity diluted_quantity(const Quantity& growth, const CaseResult& result, const StudyClaim& claim);

}  // namespace shatterproof
