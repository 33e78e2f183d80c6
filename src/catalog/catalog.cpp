// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/catalog/catalog.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/error.h"
#include "shatterproof/dataset/catalog.h"
#include "shatterproof/diagnose/catalog.h"
#include "shatterproof/diagnose/thresholds.h"
#include "shatterproof/experiment/catalog.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/operator_traits.h"
#include "shatterproof/study/catalog.h"
#include "shatterproof/theory/catalog.h"
#include "shatterproof/train/optimizer.h"
#include "shatterproof/train/schedule.h"

namespace shatterproof {
namespace {

using nlohmann::ordered_json;
using Rows = std::vector<ordered_json>;

void put_options(ordered_json& row, const std::vector<OptionRecord>& options) {
  for (const OptionRecord& option : options) {
    row["options"].push_back(
        {{"name", option.name}, {"default", option.otherwise}, {"meaning", option.meaning}});
  }
}

template <typename Record>
ordered_json described(const char* kind, const Record& record) {
  ordered_json row = {{"kind", kind}, {"name", record.name}, {"sentence", record.sentence}};
  for (const auto& [key, text] :
       {std::pair("formula", &record.formula), std::pair("reference", &record.reference)}) {
    if (!text->empty()) row[key] = *text;
  }
  put_options(row, record.options);
  return row;
}

// Of records that say a name, a sentence, a formula, a reference and options.
template <typename Record>
Rows described_rows(const char* kind, std::span<const Record> records) {
  Rows rows;
  for (const Record& record : records) rows.push_back(described(kind, record));
  return rows;
}

Rows family_rows() {
  return described_rows<FamilyRecord>("family", families());
}

Rows initializer_rows() {
  return described_rows<InitializerRecord>("initializer", initializers());
}

Rows optimizer_rows() {
  return described_rows<OptimizerRecord>("optimizer", optimizers());
}

Rows schedule_rows() {
  return described_rows<ScheduleRecord>("schedule", schedules());
}

Rows operator_rows() {
  Rows rows;
  for (const Operator& row : operators()) {
    rows.push_back({{"kind", "operator"},
                    {"name", row.name},
                    {"sets", traits_of(row.name).sets},
                    {"differentiable", row.differentiable}});
  }
  return rows;
}

const char* words_of(Needs needs) {
  switch (needs) {
    case Needs::taps:
      return "taps";
    case Needs::runs:
      return "runs";
    case Needs::graph:
      return "graph";
    case Needs::network:
      return "network";
    case Needs::untrained_weights:
      return "untrained weights";
  }
  return "";
}

Rows measurement_rows() {
  Rows rows;
  for (const ExperimentRecord& record : measurements()) {
    ordered_json row = {{"kind", "measurement"},
                        {"name", record.name},
                        {"symbol", record.symbol},
                        {"sentence", record.sentence},
                        {"formula", record.formula},
                        {"reference", record.reference},
                        {"type", to_string(record.type)},
                        {"least", record.least},
                        {"most", record.most},
                        {"range", record.range_note},
                        {"needs", words_of(record.needs)},
                        {"along_path", record.along_path},
                        {"undefined_when", record.undefined_when}};
    put_options(row, record.options);
    for (const CompanionReading& companion : record.companions)
      row["companions"].push_back({{"name", companion.name}, {"sentence", companion.sentence}});
    rows.push_back(std::move(row));
  }
  return rows;
}

Rows prediction_rows() {
  Rows rows;
  for (const TheoryRecord& theory : theories()) {
    rows.push_back({{"kind", "theory"},
                    {"name", theory.name},
                    {"sentence", theory.sentence},
                    {"formula", theory.formula},
                    {"predicts", theory.predicts},
                    {"settings", theory.settings},
                    {"assumes", theory.assumes},
                    {"reference", theory.reference},
                    {"on_request", theory.on_request}});
  }
  return rows;
}

Rows dataset_rows() {
  Rows rows;
  for (const DatasetRecord& record : datasets()) {
    rows.push_back({{"kind", "dataset"},
                    {"name", record.name},
                    {"syntax", record.syntax},
                    {"sentence", record.sentence},
                    {"along_path", record.along_path},
                    {"labelled", record.labelled}});
  }
  return rows;
}

Rows rule_rows() {
  Rows rows;
  const Thresholds thresholds;
  for (const RuleRecord& rule : rules()) {
    ordered_json row = {{"kind", "rule"},
                        {"name", rule.id},
                        {"sentence", rule.sentence},
                        {"rests_on", rule.rests_on},
                        {"explains", rule.explains},
                        {"shows_in_rehearsal", to_string(rule.showing)},
                        {"thresholds", Rows()}};
    for (const Threshold& threshold : thresholds.of(rule.id)) {
      row["thresholds"].push_back(
          {{"name", threshold.name}, {"value", threshold.value}, {"meaning", threshold.meaning}});
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Rows study_rows() {
  Rows rows;
  for (const StudyRecord& record : studies()) {
    const std::string name = fmt::format("{}/{}", record.paper, record.name);
    const Study study = parse_study(record.toml, name, false);
    rows.push_back(
        {{"kind", "study"}, {"name", name}, {"sentence", study.title}, {"reference", study.reference}});
  }
  return rows;
}

template <Rows (*rows)()>
std::string lines_of() {
  std::string lines;
  for (const ordered_json& row : rows()) lines += row.dump() + "\n";
  return lines;
}

}  // namespace

std::span<const CatalogRecord> catalogs() {
  static const std::vector<CatalogRecord> table = {{"families", lines_of<family_rows>},
                                                   {"initializers", lines_of<initializer_rows>},
                                                   {"measurements", lines_of<measurement_rows>},
                                                   {"predictions", lines_of<prediction_rows>},
                                                   {"studies", lines_of<study_rows>},
                                                   {"optimizers", lines_of<optimizer_rows>},
                                                   {"schedules", lines_of<schedule_rows>},
                                                   {"operators", lines_of<operator_rows>},
                                                   {"datasets", lines_of<dataset_rows>},
                                                   {"rules", lines_of<rule_rows>}};
  return table;
}

std::vector<std::string> catalog_names() {
  std::vector<std::string> names;
  for (const CatalogRecord& catalog : catalogs()) names.push_back(catalog.name);
  return names;
}

std::string catalog_lines(const std::string& name) {
  for (const CatalogRecord& catalog : catalogs()) {
    if (catalog.name == name) return catalog.lines();
  }
  reject_unknown("catalog", "list", name, catalog_names());
}

}  // namespace shatterproof
