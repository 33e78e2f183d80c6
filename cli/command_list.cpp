// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/measurement_lines.h"
#include "cli/text.h"
#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/output_file.h"
#include "shatterproof/dataset/catalog.h"
#include "shatterproof/diagnose/catalog.h"
#include "shatterproof/diagnose/thresholds.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/operator.h"
#include "shatterproof/study/catalog.h"
#include "shatterproof/theory/catalog.h"
#include "shatterproof/train/optimizer.h"
#include "shatterproof/train/schedule.h"

namespace shatterproof::cli {
namespace {

using nlohmann::ordered_json;
using Rows = std::vector<ordered_json>;

template <typename Record>
ordered_json described(const char* kind, const Record& record) {
  ordered_json row = {{"kind", kind}, {"name", record.name}, {"sentence", record.sentence}};
  for (const auto& [key, text] :
       {std::pair("formula", &record.formula), std::pair("reference", &record.reference)}) {
    if (!text->empty()) row[key] = *text;
  }
  for (const OptionRecord& option : record.options) {
    row["options"].push_back(
        {{"name", option.name}, {"default", option.otherwise}, {"meaning", option.meaning}});
  }
  return row;
}

Rows family_rows() {
  Rows rows;
  for (const FamilyRecord& family : families()) rows.push_back(described("family", family));
  return rows;
}

Rows initializer_rows() {
  Rows rows;
  for (const InitializerRecord& initializer : initializers())
    rows.push_back(described("initializer", initializer));
  return rows;
}

Rows optimizer_rows() {
  Rows rows;
  for (const OptimizerRecord& optimizer : optimizers()) rows.push_back(described("optimizer", optimizer));
  return rows;
}

Rows schedule_rows() {
  Rows rows;
  for (const ScheduleRecord& schedule : schedules()) rows.push_back(described("schedule", schedule));
  return rows;
}

Rows operator_rows() {
  Rows rows;
  for (const Operator& row : operators()) {
    rows.push_back({{"kind", "operator"}, {"name", row.name}, {"differentiable", row.differentiable}});
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

struct Catalog {
  const char* name;
  Rows (*rows)();
};
constexpr Catalog kCatalogs[] = {{"families", family_rows},
                                 {"initializers", initializer_rows},
                                 {"measurements", measurement_rows},
                                 {"predictions", prediction_rows},
                                 {"studies", study_rows},
                                 {"optimizers", optimizer_rows},
                                 {"schedules", schedule_rows},
                                 {"operators", operator_rows},
                                 {"datasets", dataset_rows},
                                 {"rules", rule_rows}};

void print_thresholds(std::ostream& out, const ordered_json& thresholds) {
  std::vector<std::vector<std::string>> lines;
  for (const ordered_json& one : thresholds) {
    lines.push_back({one["name"].get<std::string>(), fmt::format("{:.4g}", one["value"].get<double>()),
                     one["meaning"].get<std::string>()});
  }
  if (!lines.empty()) print_table(out, lines, 6);
}

void print_row(std::ostream& out, const ordered_json& row) {
  out << "  " << row["name"].get<std::string>() << '\n';
  for (const char* key : {"syntax", "sentence", "formula", "range", "settings", "assumes", "reference"}) {
    if (row.contains(key)) print_wrapped(out, "", row[key].get<std::string>(), 6);
  }
  for (const auto& [key, says] :
       {std::pair("predicts", "predicts "), {"rests_on", "rests on "}, {"explains", "explains "}}) {
    if (row.contains(key) && !row[key].empty())
      print_pieces(out, says, row[key].get<std::vector<std::string>>(), ", ", 6);
  }
  if (row.contains("thresholds")) print_thresholds(out, row["thresholds"]);
  if (!row.contains("options")) return;
  std::vector<std::vector<std::string>> options;
  for (const ordered_json& option : row["options"]) {
    options.push_back({option["name"].get<std::string>() + "=" + option["default"].get<std::string>(),
                       option["meaning"].get<std::string>()});
  }
  print_table(out, options, 6);
}

void print_catalog(std::ostream& out, const Catalog& catalog) {
  out << catalog.name << '\n';
  const Rows rows = catalog.rows();
  std::string names;
  for (const ordered_json& row : rows) {
    if (row.contains("sentence")) {
      print_row(out, row);
    } else {
      names += (names.empty() ? "" : " ") + row["name"].get<std::string>();
    }
  }
  if (!names.empty()) print_wrapped(out, "", names, 2);
}

struct ListArguments {
  std::string catalog, json;
};

int list(const ListArguments& arguments, const Console& console) {
  std::vector<std::string> names;
  for (const Catalog& catalog : kCatalogs) names.push_back(catalog.name);
  one_of("list", arguments.catalog, "", names);
  std::ostringstream lines;
  for (const Catalog& catalog : kCatalogs) {
    if (!arguments.catalog.empty() && arguments.catalog != catalog.name) continue;
    if (arguments.json != "-") print_catalog(console.out, catalog);
    if (!arguments.json.empty()) {
      for (const ordered_json& row : catalog.rows()) lines << row.dump() << '\n';
    }
  }
  if (arguments.json == "-") {
    console.out << lines.str();
  } else if (!arguments.json.empty()) {
    OutputFile file(arguments.json);
    file.stream() << lines.str();
    file.close();
  }
  return kHealthy;
}

}  // namespace

Command add_list(CLI::App& program) {
  CLI::App* app = program.add_subcommand("list", "Print the catalogs: what the other commands know by name");
  auto arguments = std::make_shared<ListArguments>();
  app->add_option("catalog", arguments->catalog,
                  "families, initializers, measurements, predictions, studies, optimizers, schedules, "
                  "operators, datasets or rules (all)")
      ->type_name("CATALOG");
  app->add_option("--json", arguments->json, "Also write it as JSON Lines; - prints only those")
      ->type_name("FILE");
  return {app, [arguments](const Console& console) { return list(*arguments, console); }};
}

}  // namespace shatterproof::cli
