// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/study/reproduce.h"

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
                    .inputs = study_case.inputs,
                    .dtype = study_case.dtype,
                    .seeds = study_case.seeds,
                    .at = study_case.at};
  if (network_of(study_case.source) == nullptr) return record;
  record.initializer = study_case.initializer;
  record.functional = study_case.functional;
  record.batch_norm = study_case.batch_norm;
  return record;
}

}  // namespace shatterproof
