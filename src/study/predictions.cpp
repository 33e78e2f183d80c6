// SPDX-License-Identifier: Apache-2.0
#include "study/predictions.h"

#include "shatterproof/core/spec.h"
#include "shatterproof/examine/prediction_record.h"
#include "shatterproof/examine/setting.h"
#include "shatterproof/theory/catalog.h"

namespace shatterproof {
namespace {

// What theory calls the source of a case.
struct FamilyOf {
  std::string operator()(const DrawnNetwork& network) const { return network.family; }
  std::string operator()(const TrainedNetwork& network) const { return network.family; }
  std::string operator()(const NoiseSeries& noise) const { return noise.color + "_noise"; }
  std::string operator()(const IndependentGates& gates) const { return gates.family; }
};

}  // namespace

std::optional<Setting> setting_of_case(const StudyCase& study_case) {
  std::optional<Setting> setting =
      setting_if_known(std::visit(FamilyOf(), study_case.source), study_case.inputs);
  if (!setting) return {};
  setting->initializer = study_case.initializer;
  if (!study_case.batch_norm.empty()) setting->batch_norm = study_case.batch_norm;
  return setting;
}

std::vector<PredictionRecord> predictions_of(const StudyCase& study_case) {
  std::vector<PredictionRecord> records;
  const std::optional<Setting> setting = setting_of_case(study_case);
  if (!setting) return records;
  for (const std::string& measurement : study_case.measurements) {
    for (const Prediction& prediction : predictions_if_any(*setting, Spec::parse(measurement).name()))
      records.push_back(prediction_record(prediction));
  }
  return records;
}

}  // namespace shatterproof
