// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/outputs.h"
#include "cli/text.h"
#include "shatterproof/catalog/catalog.h"
#include "shatterproof/core/output_file.h"

namespace shatterproof::cli {
namespace {

using nlohmann::ordered_json;

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

// What fits beside the names on a line of 80 columns.
std::string shortened(const std::string& sentence, size_t columns) {
  if (sentence.size() <= columns) return sentence;
  const size_t end = sentence.rfind(' ', columns - 4);
  return sentence.substr(0, end == std::string::npos ? columns - 4 : end) + " ...";
}

void print_names(std::ostream& out, const std::vector<ordered_json>& rows) {
  constexpr size_t kColumns = 80, kIndent = 2, kGap = 2, kLeast = 20;
  size_t longest = 0;
  for (const ordered_json& row : rows) longest = std::max(longest, row["name"].get<std::string>().size());
  const size_t used = kIndent + longest + kGap;
  const size_t left = used + kLeast > kColumns ? kLeast : kColumns - used;
  std::vector<std::vector<std::string>> lines;
  for (const ordered_json& row : rows)
    lines.push_back({row["name"].get<std::string>(), shortened(row["sentence"].get<std::string>(), left)});
  if (!lines.empty()) print_table(out, lines, kIndent);
}

void print_catalog(std::ostream& out, const std::string& name, const std::string& lines, bool all) {
  out << name << '\n';
  std::string names;
  std::vector<ordered_json> described;
  std::istringstream rows(lines);
  for (std::string line; std::getline(rows, line);) {
    ordered_json row = ordered_json::parse(line);
    if (!row.contains("sentence")) {
      names += (names.empty() ? "" : " ") + row["name"].get<std::string>();
    } else if (all) {
      print_row(out, row);
    } else {
      described.push_back(std::move(row));
    }
  }
  print_names(out, described);
  if (!names.empty()) print_wrapped(out, "", names, 2);
}

struct ListArguments {
  std::string catalog, json;
  bool all = false;
};

int list(const ListArguments& arguments, const Console& console) {
  one_of("list", arguments.catalog, "", catalog_names());
  require_json_output(arguments.json);
  std::string all;
  for (const CatalogRecord& catalog : catalogs()) {
    if (!arguments.catalog.empty() && arguments.catalog != catalog.name) continue;
    const std::string lines = catalog.lines();
    if (arguments.json != "-") print_catalog(console.out, catalog.name, lines, arguments.all);
    all += lines;
  }
  if (arguments.json == "-") {
    console.out << all;
  } else if (!arguments.json.empty()) {
    OutputFile file(arguments.json);
    file.stream() << all;
    file.close();
  }
  return kHealthy;
}

}  // namespace

Command add_list(CLI::App& program) {
  CLI::App* app = program.add_subcommand("list", "Print the catalogs: what the other commands know by name");
  auto arguments = std::make_shared<ListArguments>();
  app->add_option("catalog", arguments->catalog, fmt::format("{} (all)", fmt::join(catalog_names(), ", ")))
      ->type_name("CATALOG");
  app->add_flag("--long", arguments->all, "All that the records say, options and thresholds too");
  app->add_option("--json", arguments->json, "Also write it as JSON Lines; - prints only those")
      ->type_name("FILE");
  return {app, [arguments](const Console& console) { return list(*arguments, console); }};
}

}  // namespace shatterproof::cli
