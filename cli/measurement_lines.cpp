// SPDX-License-Identifier: Apache-2.0
#include "cli/measurement_lines.h"

#include "shatterproof/experiment/catalog.h"

namespace shatterproof::cli {

using nlohmann::ordered_json;

namespace {

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

}  // namespace

std::vector<ordered_json> measurement_rows() {
  std::vector<ordered_json> rows;
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
    for (const OptionRecord& option : record.options)
      row["options"].push_back(
          {{"name", option.name}, {"default", option.otherwise}, {"meaning", option.meaning}});
    for (const CompanionReading& companion : record.companions)
      row["companions"].push_back({{"name", companion.name}, {"sentence", companion.sentence}});
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string measurement_lines() {
  std::string lines;
  for (const ordered_json& row : measurement_rows()) lines += row.dump() + "\n";
  return lines;
}

}  // namespace shatterproof::cli
