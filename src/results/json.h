// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "results/json_numbers.h"
#include "shatterproof/results/change.h"
#include "shatterproof/results/claim.h"
#include "shatterproof/results/difference.h"
#include "shatterproof/results/finding.h"
#include "shatterproof/results/graph.h"
#include "shatterproof/results/record.h"

namespace shatterproof {

/// The line of a results file that stands for a record.
Json to_json(const ContextRecord& context);
Json to_json(const CaseRecord& one);
Json to_json(const GraphRecord& graph);
Json to_json(const Reading& reading);
Json to_json(const PredictionRecord& prediction);
Json to_json(const Finding& finding);
Json to_json(const VerdictRecord& verdict);
Json to_json(const Claim& claim);
Json to_json(const DifferenceRecord& difference);
Json to_json(const ChangeRecord& change);
Json to_json(const EpochRecord& epoch);
Json to_json(const CoverageRecord& coverage);

/// The record a line stands for. Throws std::invalid_argument "key: rule; got x" when a known key is missing
/// or wrong.
ContextRecord context_from_json(const Json& line);
CaseRecord case_from_json(const Json& line);
GraphRecord graph_from_json(const Json& line);
Reading reading_from_json(const Json& line);
PredictionRecord prediction_from_json(const Json& line);
Finding finding_from_json(const Json& line);
VerdictRecord verdict_from_json(const Json& line);
Claim claim_from_json(const Json& line);
EpochRecord epoch_from_json(const Json& line);
CoverageRecord coverage_from_json(const Json& line);

}  // namespace shatterproof
