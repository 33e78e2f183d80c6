// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/examination.h"
#include "cli/graph.h"
#include "cli/predictions.h"
#include "cli/records.h"
#include "cli/replayed.h"
#include "cli/session.h"
#include "cli/text.h"
#include "cli/verdict.h"
#include "shatterproof/core/error.h"
#include "shatterproof/diagnose/catalog.h"
#include "shatterproof/diagnose/thresholds.h"

namespace shatterproof::cli {
namespace {

struct CheckArguments : Arguments {
  std::string fail_on, thresholds;
  bool explain = false;
};

std::string weights_text(const Draws& draws) {
  if (draws.scheme.empty()) return "the file's own weights";
  return fmt::format(
      "initial weights: {}, {}", draws.scheme,
      draws.count == 1 ? fmt::format("seed {}", draws.first_seed) : fmt::format("{} seeds", draws.count));
}

std::vector<std::string> header_of(const Session& session, const Examination& examination) {
  const std::string semantics =
      session.setup().batch_norm ? std::string(to_string(*session.setup().batch_norm)) : "detached";
  std::vector<std::string> header = {
      session.subject().description,
      fmt::format("{} layers, {} parameters", examination.structure.layers.size(),
                  short_count(session.subject().network.parameter_count())),
      weights_text(session.draws()),
      "inputs: " + session.examples().description(),
      "functional " + session.setup().options.functional.text(),
  };
  if (examination.normalizes_batch) header.push_back("batch norm " + semantics);
  return header;
}

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

// What was measured, ready to be judged.
struct Measurements {
  ContextRecord context;
  std::optional<GraphRecord> graph;  // of a network; a dump does not tell it
  std::vector<Reading> readings;
  std::vector<PredictionRecord> predictions;  // when somebody reads them
  Examination examination;
  Verdict verdict;  // without findings yet
};

Measurements measured_network(const CheckArguments& arguments, const Console& console, bool predicts) {
  const Subject subject = load_subject(arguments);
  const Session session(subject, draws_of(subject, arguments), arguments, {});
  if (!arguments.dump.empty()) session.dump(arguments.dump);
  const MeasuredSeeds measured = session.measure(measurements_of_rules(), {}, console);
  Measurements result;
  result.context = session.context(console);
  result.graph = graph_record(subject.network);
  result.readings = measured.readings;
  if (predicts) result.predictions = predictions_of(session, measured.readings);
  result.examination = examine(session, measured, console);
  result.verdict.header = header_of(session, result.examination);
  if (!session.examples().remark().empty()) result.verdict.remarks.push_back(session.examples().remark());
  result.verdict.coverage = session.coverage(measured.coverage);
  return result;
}

Measurements measured_taps(const CheckArguments& arguments, const Console& console) {
  if (!arguments.network.empty()) reject("check", "either a network or --taps", "both");
  if (!arguments.dump.empty()) reject("--dump", "a dump cannot be made from a dump", arguments.dump);
  const Replayed replay = replayed(arguments.taps, measurements_of_rules(), {});
  Measurements result;
  result.context = context_record(replay, arguments.taps, console.command_line);
  result.readings = replay.readings;
  result.examination = examine(replay);
  result.verdict.header = {
      arguments.taps, fmt::format("{} taps of {} examples", replay.taps.size(), replay.context.examples),
      "functional " + replay.context.functional, "batch norm " + replay.context.batch_norm};
  result.verdict.coverage = replay.coverage;
  return result;
}

void write(Records& records, const Measurements& measured, const Diagnosis& diagnosis) {
  records.write(measured.context);
  if (measured.graph) records.write(*measured.graph);
  for (const Reading& reading : measured.readings) records.write(reading);
  for (const PredictionRecord& prediction : measured.predictions) records.write(prediction);
  for (const Finding& finding : diagnosis.findings) records.write(finding);
  records.write(verdict_record(diagnosis));
  records.write(measured.verdict.coverage);
  records.close();
}

int check(const CheckArguments& arguments, const Console& console) {
  const std::string fail_on = one_of("--fail-on", arguments.fail_on, "critical", {"watch", "critical"});
  const Thresholds thresholds =
      arguments.thresholds.empty() ? Thresholds() : Thresholds::read(arguments.thresholds);
  std::ostream& talk = arguments.json == "-" ? console.err : console.out;
  if (arguments.explain) {
    explain(talk, thresholds);
    if (arguments.network.empty() && arguments.taps.empty()) return kHealthy;
  }
  Records records(arguments.json, arguments.report, console.out);
  Measurements measured = arguments.taps.empty() ? measured_network(arguments, console, records.wanted())
                                                 : measured_taps(arguments, console);
  const Diagnosis diagnosis = diagnose(measured.examination, thresholds);
  write(records, measured, diagnosis);
  measured.verdict.findings = diagnosis.findings;
  measured.verdict.healthy = diagnosis.healthy;
  measured.verdict.readings = std::move(measured.readings);
  if (arguments.json != "-" || !console.quiet) {
    print_verdict(talk, measured.verdict);
    print_report_path(talk, arguments.report);
  }
  const Severity bar = fail_on == "watch" ? Severity::watch : Severity::critical;
  const bool fails = std::any_of(diagnosis.findings.begin(), diagnosis.findings.end(),
                                 [&](const Finding& finding) { return finding.severity >= bar; });
  return fails ? kFindings : kHealthy;
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
  add_output_arguments(*app, *arguments);
  return {app, [arguments](const Console& console) { return check(*arguments, console); }};
}

}  // namespace shatterproof::cli
