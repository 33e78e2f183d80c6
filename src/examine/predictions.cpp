// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/predictions.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "shatterproof/examine/prediction_record.h"
#include "shatterproof/examine/setting.h"
#include "shatterproof/theory/catalog.h"

namespace shatterproof {
namespace {

// What theory has to know of the session; nothing where it knows no such network or inputs.
std::optional<Setting> setting_if_any(const Session& session) {
  const Subject& subject = session.subject();
  if (subject.origin != Origin::family || session.settings().run.functional.kind != Functional::Kind::sum)
    return {};
  std::optional<Setting> setting = setting_if_known(subject.description, session.examples().source());
  if (!setting) return {};
  setting->examples = session.examples().count();
  setting->initializer = session.settings().draws.scheme;
  return setting;
}

const Reading* read_there(const std::vector<Reading>& readings, const Reading& prediction) {
  const auto found = std::find_if(readings.begin(), readings.end(), [&](const Reading& reading) {
    return same_place(reading, prediction) && reading.is_defined();
  });
  return found == readings.end() ? nullptr : &*found;
}

bool is_predicted_there(const std::vector<PredictionRecord>& records, const Reading& prediction) {
  return std::any_of(records.begin(), records.end(),
                     [&](const PredictionRecord& record) { return same_place(record.reading, prediction); });
}

}  // namespace

std::vector<PredictionRecord> predictions_of(const Session& session, const std::vector<Reading>& readings) {
  std::vector<PredictionRecord> records;
  std::optional<Setting> setting = setting_if_any(session);
  if (!setting) return records;
  std::set<std::string> asked;
  for (const Reading& reading : readings) {
    if (!asked.insert(reading.name).second) continue;
    setting->batch_norm = reading.batch_norm;
    for (const Prediction& prediction : predictions_if_any(*setting, reading.name)) {
      PredictionRecord record = prediction_record(prediction);
      const Reading* read = read_there(readings, record.reading);
      if (read == nullptr || is_predicted_there(records, record.reading)) continue;
      record.reading.functional = read->functional;
      record.reading.batch_norm = read->batch_norm;
      records.push_back(std::move(record));
    }
  }
  return records;
}

}  // namespace shatterproof
