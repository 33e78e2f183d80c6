// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/study/reproduction.h"

#include "shatterproof/examine/settings.h"

namespace shatterproof {
namespace {

struct SourceInWords {
  std::string operator()(const DrawnNetwork& network) const { return network.family; }
  std::string operator()(const TrainedNetwork& network) const { return network.family; }
  std::string operator()(const NoiseSeries& noise) const { return "noise: " + noise.color; }
  std::string operator()(const IndependentGates& gates) const { return "gates: " + gates.family; }
};

}  // namespace

ContextRecord study_context(const Study& study) {
  ContextRecord context = context_of_library();
  context.date = "";
  context.network = study.name;
  context.inputs = "as each case says";
  context.dtype = "";
  context.seeds = 0;
  context.title = study.title;
  context.reference = study.reference;
  context.note = study.note;
  return context;
}

CaseRecord case_record(const StudyCase& study_case) {
  CaseRecord record{.name = study_case.name,
                    .network = std::visit(SourceInWords(), study_case.source),
                    .inputs = study_case.inputs,
                    .dtype = study_case.dtype,
                    .seeds = study_case.seeds,
                    .at = study_case.at,
                    .choices = study_case.choices,
                    .settings = to_toml(study_case)};
  if (network_of(study_case.source) == nullptr) return record;
  record.initializer = study_case.initializer;
  record.functional = study_case.functional;
  record.batch_norm = study_case.batch_norm;
  return record;
}

Reproduction reproduction(const Study& study, const ReproduceOptions& options) {
  Reproduction all;
  for (const StudyCase& one : study.cases) all.cases.push_back(case_record(one));
  all.results = reproduce(study, options);
  all.claims = judge(study, all.results);
  all.context = study_context(study);
  all.context.date = context_of_library().date;
  all.context.threads = options.threads;
  return all;
}

void write(ResultsWriter& writer, const Reproduction& reproduction) {
  writer.write(reproduction.context);
  for (const CaseRecord& one : reproduction.cases) writer.write(one);
  for (const CaseResult& result : reproduction.results) {
    for (const Reading& reading : result.readings) writer.write(reading);
    for (const PredictionRecord& prediction : result.predictions) writer.write(prediction);
    for (const Finding& finding : result.findings) writer.write(finding);
  }
  for (const Claim& claim : reproduction.claims) writer.write(claim);
  for (const CaseResult& result : reproduction.results) writer.write(result.coverage);
}

}  // namespace shatterproof
