// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/catalog.h"

#include <algorithm>
#include <stdexcept>

#include "shatterproof/core/error.h"
#include "theory/records.h"

namespace shatterproof {
namespace {

bool speaks_of(const TheoryRecord& theory, std::string_view measurement) {
  return std::find(theory.predicts.begin(), theory.predicts.end(), measurement) != theory.predicts.end();
}

std::string listed(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

std::vector<Prediction> predictions_of(const TheoryRecord& theory, const Setting& setting,
                                       std::string_view measurement) {
  std::vector<Prediction> predictions = theory.predict(setting, measurement);
  for (Prediction& prediction : predictions) {
    prediction.theory = theory.name;
    prediction.reference = theory.reference;
    if (prediction.assumes.empty()) prediction.assumes = theory.assumes;
  }
  return predictions;
}

void require_predicted(std::string_view measurement) {
  if (is_predicted(measurement)) return;
  std::vector<std::string> known;
  for (const TheoryRecord& theory : theories()) {
    for (const std::string& name : theory.predicts) {
      if (std::find(known.begin(), known.end(), name) == known.end()) known.push_back(name);
    }
  }
  reject("predict", "no theory speaks of that measurement; theories speak of " + listed(known), measurement);
}

std::string described(const Setting& setting) {
  std::string text = setting.family + " with norm=" + setting.norm;
  if (setting.norm != "none") text += " (statistics " + setting.batch_norm + ")";
  if (setting.activation != "relu") text += ", activation=" + setting.activation;
  if (setting.hidden_bias_std != 0) text += ", biases of hidden linear maps";
  if (setting.initializer != "he") text += ", weights " + setting.initializer;
  if (setting.crelu) text += ", crelu=true";
  if (setting.count != "rectifier") text += ", count=" + setting.count;
  text += ", input=" + std::to_string(setting.input) + ", output=" + std::to_string(setting.output);
  return text + ", depth=" + std::to_string(setting.depth) + ", inputs " + setting.inputs;
}

[[noreturn]] void reject_setting(const Setting& setting, std::string_view measurement) {
  std::string covered;
  for (const TheoryRecord& theory : theories()) {
    if (speaks_of(theory, measurement) && !theory.on_request) {
      covered += (covered.empty() ? "" : "; ") + theory.name + ": " + theory.settings;
    }
  }
  throw std::invalid_argument("predict: no theory of " + std::string(measurement) + " covers " +
                              described(setting) + "; covered are " + covered);
}

}  // namespace

std::span<const TheoryRecord> theories() {
  static const std::vector<TheoryRecord> table = {
      zero_sum_theory(),      gradient_kernel_theory(),  arc_cosine_theory(), centred_product_theory(),
      exact_product_theory(), closed_form_theory(),      mean_field_theory(), signal_propagation_theory(),
      noise_theory(),         independent_gates_theory()};
  return table;
}

bool is_predicted(std::string_view measurement) {
  const auto all = theories();
  return std::any_of(all.begin(), all.end(),
                     [&](const TheoryRecord& theory) { return speaks_of(theory, measurement); });
}

std::vector<Prediction> predict(const Setting& setting, std::string_view measurement) {
  require_predicted(measurement);
  std::vector<Prediction> all;
  for (const TheoryRecord& theory : theories()) {
    if (theory.on_request || !speaks_of(theory, measurement)) continue;
    for (Prediction& prediction : predictions_of(theory, setting, measurement)) {
      all.push_back(std::move(prediction));
    }
  }
  if (all.empty()) reject_setting(setting, measurement);
  return all;
}

std::vector<Prediction> predictions_if_any(const Setting& setting, std::string_view measurement) {
  std::vector<Prediction> all;
  for (const TheoryRecord& theory : theories()) {
    if (theory.on_request || !speaks_of(theory, measurement)) continue;
    try {
      for (Prediction& prediction : predictions_of(theory, setting, measurement))
        all.push_back(std::move(prediction));
    } catch (const std::invalid_argument&) {  // too many points for it
    }
  }
  return all;
}

std::vector<Prediction> predict_by(std::string_view theory, const Setting& setting,
                                   std::string_view measurement) {
  require_predicted(measurement);
  std::vector<std::string> known;
  for (const TheoryRecord& record : theories()) {
    known.push_back(record.name);
    if (record.name != theory) continue;
    std::vector<Prediction> predictions;
    if (speaks_of(record, measurement)) predictions = predictions_of(record, setting, measurement);
    if (predictions.empty()) {
      reject("predict", record.name + " speaks of " + listed(record.predicts) + " of " + record.settings,
             std::string(measurement) + " of " + described(setting));
    }
    return predictions;
  }
  reject_unknown("predict", "theory", theory, known);
}

}  // namespace shatterproof
