// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/outputs.h"
#include "cli/records.h"
#include "cli/subject.h"
#include "cli/text.h"
#include "cli/verdict.h"
#include "shatterproof/core/error.h"
#include "shatterproof/diagnose/catalog.h"
#include "shatterproof/examine/check.h"
#include "shatterproof/run/dump.h"

namespace shatterproof::cli {
namespace {

struct CheckArguments : Arguments {
  std::string fail_on, thresholds, rehearsal_seconds;
  bool explain = false, no_rehearsal = false, untrained = false, trained = false;
};

void explain(std::ostream& out, const Thresholds& thresholds) {
  for (const RuleRecord& rule : rules()) {
    out << rule.id << "  " << rule.sentence << '\n';
    std::vector<std::vector<std::string>> rows;
    for (const Threshold& threshold : thresholds.all()) {
      if (threshold.name.starts_with(rule.id + ".")) {
        rows.push_back({threshold.name, short_number(threshold.value), threshold.meaning});
      }
    }
    print_table(out, rows, 2);
  }
}

CheckOptions check_options(const CheckArguments& arguments, const Console& console, bool predicts) {
  CheckOptions options;
  static_cast<SessionOptions&>(options) = session_options(arguments, console);
  if (!arguments.thresholds.empty()) options.thresholds = Thresholds::read(arguments.thresholds);
  options.predicts = predicts;
  options.rehearses = !arguments.no_rehearsal;
  options.rehearsal_seconds =
      static_cast<double>(whole_number("--rehearsal-seconds", arguments.rehearsal_seconds,
                                       static_cast<int64_t>(options.rehearsal_seconds), 1, 86'400));
  if (arguments.untrained && arguments.trained) reject("--untrained", "excludes --trained", "both");
  if (arguments.untrained) options.standing = Provenance::State::fresh;
  if (arguments.trained) options.standing = Provenance::State::trained;
  options.dump = arguments.dump;
  return options;
}

Checked checked_taps(const CheckArguments& arguments, const CheckOptions& options) {
  if (!arguments.network.empty()) reject("check", "either a network or --taps", "both");
  if (!arguments.dump.empty()) reject("--dump", "a dump cannot be made from a dump", arguments.dump);
  Checked checked = check(*dump_source(arguments.taps), {}, options);
  checked.context.network = arguments.taps;
  return checked;
}

int check_and_print(const CheckArguments& arguments, const Console& console) {
  const std::string fail_on = one_of("--fail-on", arguments.fail_on, "critical", {"watch", "critical"});
  Records records(arguments.json, arguments.report, console.out);
  require_empty_output_folder("--dump", arguments.dump);
  const CheckOptions options = check_options(arguments, console, records.wanted());
  std::ostream& talk = arguments.json == "-" ? console.err : console.out;
  if (arguments.explain) {
    explain(talk, options.thresholds);
    if (arguments.network.empty() && arguments.taps.empty()) return kHealthy;
  }
  Checked checked =
      arguments.taps.empty() ? check(load_subject(arguments), options) : checked_taps(arguments, options);
  console.progress("");
  checked.context.command = console.command_line;
  records.write(checked);
  records.close();
  if (arguments.json != "-" || !console.quiet) {
    print_verdict(talk, checked);
    print_report_path(talk, arguments.report);
  }
  const Severity bar = fail_on == "watch" ? Severity::watch : Severity::critical;
  return worst(checked.diagnosis) >= bar ? kFindings : kHealthy;
}

}  // namespace

Command add_check(CLI::App& program) {
  CLI::App* app =
      program.add_subcommand("check", "Run a network, measure, and say what is wrong and what to do");
  auto arguments = std::make_shared<CheckArguments>();
  add_network_arguments(*app, *arguments);
  add_input_arguments(*app, *arguments);
  add_run_arguments(*app, *arguments);
  app->add_option("--fail-on", arguments->fail_on,
                  "Exit with 1 from this severity on: watch or critical (critical)")
      ->type_name("SEVERITY");
  app->add_flag("--explain", arguments->explain, "Print the thresholds of every rule");
  app->add_option("--thresholds", arguments->thresholds, "Override thresholds")->type_name("FILE.toml");
  app->add_flag("--no-rehearsal", arguments->no_rehearsal,
                "Do not try whether initial weights fit one batch; then nothing is critical but overflow");
  app->add_option("--rehearsal-seconds", arguments->rehearsal_seconds, "Processor time that may take (20)")
      ->type_name("N");
  app->add_flag("--untrained", arguments->untrained, "Take the file's own weights for initial ones");
  app->add_flag("--trained", arguments->trained, "Take them for trained ones");
  add_output_arguments(*app, *arguments);
  return {app, [arguments](const Console& console) { return check_and_print(*arguments, console); }};
}

}  // namespace shatterproof::cli
