// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/outputs.h"
#include "cli/records.h"
#include "shatterproof/core/error.h"

namespace shatterproof::cli {
namespace {

struct ReportArguments {
  std::string results, output;
};

int report(const ReportArguments& arguments, const Console& console) {
  if (arguments.results.empty()) throw std::invalid_argument("report: RESULTS.jsonl is missing");
  if (arguments.output.empty()) throw std::invalid_argument("report: -o FILE.html is missing");
  if (arguments.output == arguments.results)
    reject("report", "-o must not be the results file", arguments.output);
  require_output_file("-o", arguments.output, ".html");
  write_report(arguments.output, text_of_results(arguments.results));
  console.out << arguments.output << '\n';
  return kHealthy;
}

}  // namespace

Command add_report(CLI::App& program) {
  CLI::App* app =
      program.add_subcommand("report", "Draw a results file as one HTML page, to be opened from disk");
  auto arguments = std::make_shared<ReportArguments>();
  app->add_option("results", arguments->results, "What a command wrote with --json")
      ->type_name("RESULTS.jsonl");
  app->add_option("-o,--output", arguments->output, "The page to write")->type_name("FILE.html");
  return {app, [arguments](const Console& console) { return report(*arguments, console); }};
}

}  // namespace shatterproof::cli
