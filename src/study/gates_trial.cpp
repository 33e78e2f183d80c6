// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/core/error.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/examine/prediction_record.h"
#include "shatterproof/theory/catalog.h"
#include "study/predictions.h"
#include "study/trial.h"

namespace shatterproof {

StudyTrial gates_trial(const StudyCase& study_case, const IndependentGates& gates) {
  const std::optional<Setting> setting = setting_of_case(study_case);
  if (!setting) {
    reject("study case '" + study_case.name + "'", "gates are of a family and inputs that theory speaks of",
           gates.family + " on " + study_case.inputs);
  }
  StudyTrial trial;
  for (const std::string& measurement : study_case.measurements) {
    for (const Prediction& prediction :
         predict_by("independent_gates", *setting, Spec::parse(measurement).name()))
      trial.readings.push_back(prediction_record(prediction).reading);
  }
  return trial;
}

}  // namespace shatterproof
