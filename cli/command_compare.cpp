// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/comparison.h"
#include "cli/records.h"
#include "cli/subject.h"
#include "cli/text.h"
#include "shatterproof/core/error.h"
#include "shatterproof/examine/compare.h"

namespace shatterproof::cli {
namespace {

struct CompareArguments : Arguments {
  std::string other, fail_on;
  bool all = false, markdown = false, no_rehearsal = false;
};

bool is_results(const std::string& name) {
  return name.ends_with(".jsonl");
}

// What is read at once, so that a wrong word is said before anything is run.
struct Side {
  std::optional<Subject> subject;
  Results results;

  bool is_family() const { return subject && subject->origin == Origin::family; }
};

Side read_side(const CompareArguments& arguments, const std::string& name) {
  if (is_results(name)) return {{}, read_results(name)};
  Arguments one = arguments;
  one.network = name;
  return {load_subject(one), {}};
}

void check_side(Side& side, const CheckOptions& options) {
  if (side.subject) side.results = results_of(check(*side.subject, options));
}

// Results say how they were made: nothing is drawn or run of them.
void require_a_network(const CLI::App& app) {
  static const std::set<std::string> kOfResults = {"fail-on", "all",   "markdown", "json",
                                                   "report",  "quiet", "help"};
  for (const CLI::Option* option : app.get_options()) {
    if (option->count() == 0 || option->get_positional() || kOfResults.contains(option->get_single_name()))
      continue;
    reject(option->get_name(), "speaks of networks; A and B are results", "two files of results");
  }
}

int compare_and_print(const CompareArguments& arguments, const CLI::App& app, const Console& console) {
  if (arguments.network.empty())
    throw std::invalid_argument("compare: A is missing: a family, an ONNX file, or a results file (.jsonl)");
  if (arguments.other.empty())
    throw std::invalid_argument("compare: B is missing: a family, an ONNX file, or a results file (.jsonl)");
  const bool fails = !one_of("--fail-on", arguments.fail_on, "", {"worse"}).empty();
  Side a = read_side(arguments, arguments.network), b = read_side(arguments, arguments.other);
  if (!a.subject && !b.subject) require_a_network(app);
  CheckOptions options;
  static_cast<SessionOptions&>(options) = session_options(arguments, console);
  options.rehearses = !arguments.no_rehearsal;
  // Families are asked for another functional than files unless both are told.
  if (a.subject && b.subject && a.is_family() != b.is_family() && !options.functional)
    options.functional = Functional{Functional::Kind::random};
  Records records(arguments.json, arguments.report, console.out);
  check_side(a, options);
  check_side(b, options);
  console.progress("");
  const Comparison comparison = compare(a.results, b.results);
  a.results.context.command = console.command_line;
  records.write(a.results, b.results, comparison);
  records.close();
  std::ostream& talk = arguments.json == "-" ? console.err : console.out;
  if (arguments.json != "-" || !console.quiet) {
    (arguments.markdown ? print_markdown : print_comparison)(talk, comparison, arguments.all);
    print_report_path(talk, arguments.report);
  }
  return fails && comparison.is_worse() ? kFindings : kHealthy;
}

}  // namespace

Command add_compare(CLI::App& program) {
  CLI::App* app = program.add_subcommand("compare", "Set two networks, or results, beside each other");
  auto arguments = std::make_shared<CompareArguments>();
  constexpr const char* kSide = "A family, an ONNX file, or results that --json wrote (.jsonl)";
  app->add_option("a", arguments->network, kSide)->type_name("A");
  app->add_option("b", arguments->other, kSide)->type_name("B");
  add_draw_arguments(*app, *arguments);
  add_input_arguments(*app, *arguments);
  add_run_arguments(*app, *arguments);
  app->add_option("--fail-on", arguments->fail_on, "worse: exit with 1 where B has a finding that A has not")
      ->type_name("WORD");
  app->add_flag("--all", arguments->all, "Also print what does not differ");
  app->add_flag("--markdown", arguments->markdown, "A line and tables for a pull request");
  app->add_flag("--no-rehearsal", arguments->no_rehearsal,
                "Do not try whether initial weights fit one batch; then nothing is critical but overflow");
  add_json_argument(*app, arguments->json);
  add_report_argument(*app, arguments->report);
  return {app,
          [arguments, app](const Console& console) { return compare_and_print(*arguments, *app, console); }};
}

}  // namespace shatterproof::cli
