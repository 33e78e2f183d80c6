// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/study/reproduce.h"
#include "study/case_table.h"

namespace shatterproof {
namespace {

struct SourceInWords {
  std::string operator()(const DrawnNetwork& network) const { return network.family; }
  std::string operator()(const TrainedNetwork& network) const { return network.family; }
  std::string operator()(const NoiseSeries& noise) const { return "noise: " + noise.color; }
  std::string operator()(const IndependentGates& gates) const { return "gates: " + gates.family; }
};

}  // namespace

CaseRecord case_record(const StudyCase& study_case) {
  CaseRecord record{.name = study_case.name,
                    .network = std::visit(SourceInWords(), study_case.source),
                    .sweep = study_case.sweep,
                    .at = study_case.at,
                    .settings = settings_of(study_case)};
  if (const auto* trained = std::get_if<TrainedNetwork>(&study_case.source))
    record.training = settings_of(trained->training);
  return record;
}

}  // namespace shatterproof
