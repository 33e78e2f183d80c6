// SPDX-License-Identifier: Apache-2.0
#include "sensitivity.h"

#include <string>

#include "shatterproof/diagnose/catalog.h"

using namespace shatterproof;

nlohmann::ordered_json verdicts_by_other_thresholds(const Examination& examination) {
  nlohmann::ordered_json changed = nlohmann::ordered_json::object();
  const Thresholds own;
  for (const Threshold& threshold : own.all()) {
    std::string verdicts;
    for (const double factor : kThresholdFactors) {
      Thresholds others = own;
      others.set(threshold.name, factor * threshold.value);
      verdicts += verdict_record(diagnose(examination, others)).verdict.front();
    }
    if (verdicts.find_first_not_of(verdicts.front()) != std::string::npos) changed[threshold.name] = verdicts;
  }
  return changed;
}
