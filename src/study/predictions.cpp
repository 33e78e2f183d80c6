// SPDX-License-Identifier: Apache-2.0
#include "study/predictions.h"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "shatterproof/examine/prediction_record.h"
#include "shatterproof/theory/catalog.h"

namespace shatterproof {
namespace {

Setting setting_of_case(const StudyCase& study_case) {
  Setting setting = setting_of(!study_case.noise.empty()     ? study_case.noise + "_noise"
                               : !study_case.network.empty() ? study_case.network
                                                             : study_case.gates);
  set_inputs(setting, study_case.inputs);
  setting.initializer = study_case.initializer;
  if (!study_case.batch_norm.empty()) setting.batch_norm = study_case.batch_norm;
  return setting;
}

// A network that could be built and of which theory knows nothing has no predictions.
std::optional<Setting> setting_if_any(const StudyCase& study_case) {
  try {
    return setting_of_case(study_case);
  } catch (const std::invalid_argument&) {
    return {};
  }
}

bool predicts(const TheoryRecord& theory, const std::string& measurement) {
  return std::find(theory.predicts.begin(), theory.predicts.end(), measurement) != theory.predicts.end();
}

}  // namespace

std::vector<PredictionRecord> predictions_of(const StudyCase& study_case) {
  std::vector<PredictionRecord> records;
  const std::optional<Setting> setting = setting_if_any(study_case);
  if (!setting) return records;
  for (const std::string& measurement : study_case.measurements) {
    for (const TheoryRecord& theory : theories()) {
      if (theory.on_request || !predicts(theory, measurement)) continue;
      for (Prediction& prediction : theory.predict(*setting, measurement)) {
        prediction.theory = theory.name;
        if (prediction.assumes.empty()) prediction.assumes = theory.assumes;
        records.push_back(prediction_record(prediction));
      }
    }
  }
  return records;
}

CaseResult simulated_gates(const StudyCase& study_case) {
  CaseResult result;
  const Setting setting = setting_of_case(study_case);
  for (const std::string& measurement : study_case.measurements) {
    for (const Prediction& prediction : predict_by("independent_gates", setting, measurement)) {
      result.readings.push_back(prediction_record(prediction).reading);
    }
  }
  return result;
}

}  // namespace shatterproof
