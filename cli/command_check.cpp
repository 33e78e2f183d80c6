// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>

#include "cli/acceptance.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/outputs.h"
#include "cli/records.h"
#include "cli/stage_clock.h"
#include "cli/subject.h"
#include "cli/text.h"
#include "cli/verdict.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/output_file.h"
#include "shatterproof/diagnose/catalog.h"
#include "shatterproof/examine/acceptance.h"
#include "shatterproof/examine/check.h"
#include "shatterproof/results/reader.h"
#include "shatterproof/run/dump.h"

namespace shatterproof::cli {
namespace {

struct CheckArguments : Arguments {
  std::string fail_on, thresholds, rehearsal_seconds;
  std::string format, output, ignore, baseline, documents;
  bool explain = false, no_rehearsal = false, untrained = false, trained = false;
};

void explain_thresholds(std::ostream& out, const Thresholds& thresholds) {
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
  options.suspected = [&console](const Diagnosis& diagnosis) {
    if (!console.clock) return;
    std::vector<std::string> names;
    for (const Finding& finding : diagnosis.findings) {
      if (finding.severity >= Severity::watch) names.push_back(finding.id);
    }
    console.clock->know(names.empty() ? "nothing is on watch" : fmt::format("{}", fmt::join(names, ", ")));
  };
  return options;
}

Checked checked_taps(const CheckArguments& arguments, const CheckOptions& options) {
  if (!arguments.network.empty()) reject("check", "either a network or --taps", "both");
  if (!arguments.dump.empty()) reject("--dump", "a dump cannot be made from a dump", arguments.dump);
  Checked checked = check(*dump_source(arguments.taps), {}, options);
  checked.context.network = arguments.taps;
  return checked;
}

// What decides the exit code, read before anything is run.
struct Terms {
  AcceptanceOptions options;
  std::optional<Results> baseline;
};

std::vector<std::string> ignored_rules(const std::string& text) {
  std::vector<std::string> known, ignored;
  for (const RuleRecord& rule : rules()) known.push_back(rule.id);
  for (size_t first = 0; !text.empty() && first <= text.size();) {
    const size_t end = std::min(text.find(',', first), text.size());
    ignored.push_back(text.substr(first, end - first));
    if (std::find(known.begin(), known.end(), ignored.back()) == known.end())
      reject_unknown("--ignore", "rule", ignored.back(), known);
    first = end + 1;
  }
  return ignored;
}

Terms terms_of(const CheckArguments& arguments) {
  Terms terms;
  terms.options.ignored = ignored_rules(arguments.ignore);
  if (!arguments.baseline.empty()) {
    if (arguments.baseline == arguments.json)
      reject("--baseline", "must not be the file of --json", arguments.json);
    terms.baseline = read_results(arguments.baseline);
    require_baseline(*terms.baseline, "--baseline");
  }
  const std::string bar =
      one_of("--fail-on", arguments.fail_on, terms.baseline ? "watch" : "critical", {"watch", "critical"});
  terms.options.bar = bar == "watch" ? Severity::watch : Severity::critical;
  return terms;
}

// A check in a form for those who build, on standard output or in a file of its own.
class Form {
 public:
  explicit Form(const CheckArguments& arguments) : path_(arguments.output), documents_(arguments.documents) {
    const std::string word = one_of("--format", arguments.format, "", {"junit", "sarif", "markdown"});
    if (!word.empty()) print_ = word == "junit" ? print_junit : word == "sarif" ? print_sarif : print_comment;
    for (const auto& [option, given] : {std::pair("-o", &path_), {"--documents", &documents_}}) {
      if (!print_ && !given->empty()) reject(option, "speaks of what --format writes", "no --format");
    }
    if (on_standard_output() && arguments.json == "-")
      reject("--format", "needs -o FILE where --json - has standard output", word);
    if (!path_.empty() &&
        (path_ == arguments.json || path_ == arguments.report || path_ == arguments.baseline))
      reject("-o", "must not be the file of --json, --report or --baseline", path_);
    if (!documents_.empty() && documents_.find("://") == std::string::npos)
      reject("--documents", "must be an address such as https://HOST/docs", "'" + documents_ + "'");
    while (documents_.ends_with('/')) documents_.pop_back();
    require_output_file("-o", path_);
  }

  bool on_standard_output() const { return print_ && path_.empty(); }

  void print(std::ostream& out, const Checked& checked, const Acceptance& acceptance) const {
    if (!print_) return;
    if (path_.empty()) return print_(out, checked, acceptance, documents_);
    OutputFile file(path_);
    print_(file.stream(), checked, acceptance, documents_);
    file.close();
  }

 private:
  std::string path_, documents_;
  decltype(&print_junit) print_ = nullptr;
};

Checked checked_of(const CheckArguments& arguments, const CheckOptions& options, const Console& console) {
  Checked checked =
      arguments.taps.empty() ? check(load_subject(arguments), options) : checked_taps(arguments, options);
  console.progress("");
  checked.context.command = console.command_line;
  return checked;
}

int check_and_print(const CheckArguments& arguments, const Console& console) {
  const Terms terms = terms_of(arguments);
  const Form form(arguments);
  Records records(arguments.json, arguments.report, console.out);
  require_empty_output_folder("--dump", arguments.dump);
  const CheckOptions options = check_options(arguments, console, records.wanted());
  const bool data_only = arguments.json == "-" || form.on_standard_output();
  std::ostream& talk = data_only ? console.err : console.out;
  if (arguments.explain) {
    explain_thresholds(talk, options.thresholds);
    if (arguments.network.empty() && arguments.taps.empty()) return kHealthy;
  }
  const Checked checked = checked_of(arguments, options, console);
  const Acceptance accepted =
      acceptance(results_of(checked), terms.options, terms.baseline ? &*terms.baseline : nullptr);
  records.write(checked);
  records.close();
  form.print(console.out, checked, accepted);
  if (!data_only || !console.quiet) {
    print_verdict(talk, checked);
    if (terms.baseline || !terms.options.ignored.empty()) print_acceptance(talk, accepted);
    print_report_path(talk, arguments.report);
  }
  return accepted.is_accepted() ? kHealthy : kFindings;
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
                  "Exit with 1 from this severity on: watch or critical (critical; with --baseline watch)")
      ->type_name("SEVERITY");
  app->add_option("--ignore", arguments->ignore, "Rules whose findings do not decide the exit code")
      ->type_name("RULE,...");
  app->add_option("--baseline", arguments->baseline,
                  "Only what is new or worse than in these results of a check decides the exit code")
      ->type_name("RESULTS.jsonl");
  app->add_option("--format", arguments->format,
                  "Print junit, sarif or markdown, a comment, on standard output; the verdict on the other")
      ->type_name("WORD");
  app->add_option("-o,--output", arguments->output, "Write that into a file instead")->type_name("FILE");
  app->add_option("--documents", arguments->documents,
                  "Where the folder docs/ is served, for its links to findings")
      ->type_name("URL");
  app->add_flag("--explain", arguments->explain, "Print the thresholds of every rule");
  app->add_option("--thresholds", arguments->thresholds, "Override thresholds")->type_name("FILE.toml");
  app->add_flag("--no-rehearsal", arguments->no_rehearsal,
                "Do not try whether one batch is fitted; then nothing is critical but overflow");
  app->add_option("--rehearsal-seconds", arguments->rehearsal_seconds, "Processor time that may take (20)")
      ->type_name("N");
  app->add_flag("--untrained", arguments->untrained, "Take the file's own weights for initial ones");
  app->add_flag("--trained", arguments->trained, "Take them for trained ones");
  add_output_arguments(*app, *arguments);
  return {app, [arguments](const Console& console) { return check_and_print(*arguments, console); }};
}

}  // namespace shatterproof::cli
