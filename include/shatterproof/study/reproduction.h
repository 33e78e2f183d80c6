// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "shatterproof/results/writer.h"
#include "shatterproof/study/reproduce.h"

namespace shatterproof {

/// A study run and judged, all of what its results file holds.
struct Reproduction {
  ContextRecord context;  ///< `command` left empty
  std::vector<CaseRecord> cases;
  std::vector<CaseResult> results;  ///< one per case
  std::vector<Claim> claims;
};

/// `reproduce`, then `judge`. Throws what they throw.
Reproduction reproduction(const Study& study, const ReproduceOptions& options);

/// Every record, in the order that docs/results_format.md has. Does not close the writer.
void write(ResultsWriter& writer, const Reproduction& reproduction);

/// What there is to say of a study, whoever ran it when: its cases say how each was drawn and run. Without
/// command and date.
ContextRecord study_context(const Study& study);

/// How a case is drawn and run.
CaseRecord case_record(const StudyCase& study_case);

}  // namespace shatterproof
