// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/records.h"
#include "cli/subject.h"
#include "cli/text.h"
#include "shatterproof/core/error.h"
#include "shatterproof/examine/check.h"
#include "shatterproof/examine/predictions.h"
#include "shatterproof/experiment/catalog.h"
#include "shatterproof/run/dump.h"

namespace shatterproof::cli {
namespace {

struct MeasureArguments : Arguments {
  std::vector<std::string> names;
  std::string tap, lags, threshold, initial;
};

bool has_option(const MeasurementRecord& record, const std::string& key) {
  return std::any_of(record.options.begin(), record.options.end(),
                     [&](const OptionRecord& option) { return option.name == key; });
}

std::string with_option(const std::string& name, const std::string& key, const std::string& value) {
  return fmt::format("{}{}{}={}", name, name.find(':') == std::string::npos ? ':' : ',', key, value);
}

// What a measurement is told was once told to the command: `--key value`.
void follow_old_word(std::vector<std::string>& names, const std::string& key, const std::string& value,
                     const Console& console) {
  if (value.empty()) return;
  std::string written;
  for (std::string& name : names) {
    if (!has_option(measurement_of(name), key) || Spec::parse(name).has(key)) continue;
    written = name = with_option(name, key, value);
    measurement_of(name);  // throws on a value that it does not take
  }
  for (const MeasurementRecord& record : measurements()) {
    if (written.empty() && has_option(record, key)) written = with_option(record.name, key, value);
  }
  console.say(fmt::format("--{} is written {} now", key, written));
}

// NETWORK, and what it was before training. Of a family named as --initial, --init and --seed say how it was
// drawn.
Subject load_trained(const MeasureArguments& arguments) {
  MeasureArguments trained = arguments, before = arguments;
  trained.init = trained.seeds = "";
  before.network = arguments.initial;
  before.seeds = "";
  Subject subject = load_subject(trained);
  if (subject.origin == Origin::family)
    reject("--initial", "NETWORK must be an ONNX file with trained weights", subject.description);
  const Subject untrained = load_subject(before);
  if (untrained.origin != Origin::family && !arguments.init.empty())
    reject("--init", "--initial is a file, which has its own weights", arguments.init);
  const WeightDraws draws = weight_draws(untrained, weight_request(before));
  subject.untrained = drawn_network(untrained, draws, draws.first_seed).network;
  return subject;
}

Subject subject_of(const MeasureArguments& arguments) {
  if (!arguments.initial.empty()) return load_trained(arguments);
  for (const std::string& name : arguments.names) {
    if (measurement_of(name).needs == Needs::untrained_weights)
      reject(name, "needs the weights before training: add --initial FILE.onnx", "none");
  }
  return load_subject(arguments);
}

// Measurements along a path and others run on examples of their own, unless --inputs says which.
struct Group {
  bool along_path = false;
  std::vector<std::string> names;
};

std::vector<Group> groups_of(const MeasureArguments& arguments) {
  std::vector<Group> groups;
  for (const std::string& name : arguments.names) {
    const bool along_path = measurement_of(name).along_path && arguments.inputs.empty();
    if (groups.empty() || groups.back().along_path != along_path) groups.push_back({along_path, {}});
    groups.back().names.push_back(name);
  }
  return groups;
}

void reject_no_names(const std::vector<std::string>& names) {
  if (!names.empty()) return;
  throw std::invalid_argument(
      "measure: the NAME of a measurement is missing; `list measurements` knows them");
}

void show(const std::vector<Reading>& readings, const MeasureArguments& arguments, const Console& console,
          Records& records) {
  for (const Reading& reading : readings) {
    if (arguments.json != "-") print_reading(console.out, reading);
    records.write(reading);
  }
}

void finish(Records& records, const MeasureArguments& arguments, const Console& console) {
  records.close();
  if (arguments.json != "-") print_report_path(console.out, arguments.report);
}

ContextRecord context_of_dump(const RunContext& recorded, const std::string& folder, const Console& console) {
  ContextRecord context = context_of_library();
  context.command = console.command_line;
  context.network = folder;
  context.inputs = "a dump of taps";
  context.examples = recorded.examples;
  context.functional = recorded.functional;
  context.batch_norm = recorded.batch_norm;
  return context;
}

int measure_taps(const MeasureArguments& arguments, const Console& console) {
  reject_no_names(arguments.names);
  if (!arguments.dump.empty()) reject("--dump", "a dump cannot be made from a dump", arguments.dump);
  const std::unique_ptr<TapSource> source = dump_source(arguments.taps);
  MeasureRequest request;
  request.tap = arguments.tap;
  const Measured measured = measure(*source, {}, arguments.names, request);
  Records records(arguments.json, arguments.report, console.out);
  records.write(context_of_dump(*source->recorded(), arguments.taps, console));
  show(measured.readings, arguments, console, records);
  records.write(measured.coverage);
  finish(records, arguments, console);
  return kHealthy;
}

int measure_network(const MeasureArguments& arguments, const Console& console) {
  reject_no_names(arguments.names);
  const std::vector<Group> groups = groups_of(arguments);
  const Subject subject = subject_of(arguments);
  SessionOptions asked = session_options(arguments, console);
  if (subject.untrained) asked.weights.scheme = "";  // weights that were trained are not drawn
  Records records(arguments.json, arguments.report, console.out);
  for (const Group& group : groups) {
    asked.examples.along_path = group.along_path;
    const Session session(subject, asked);
    if (!session.examples().remark().empty()) console.say(session.examples().remark());
    if (!arguments.dump.empty() && &group == &groups.front()) session.dump(arguments.dump);
    const MeasuredSeeds measured = session.measure(group.names, arguments.tap);
    console.progress("");
    if (&group == &groups.front()) {
      ContextRecord context = session.context();
      context.command = console.command_line;
      records.write(context);
      records.write(graph_record(subject.network));
    }
    show(measured.readings, arguments, console, records);
    if (records.wanted()) {
      for (const PredictionRecord& prediction : predictions_of(session, measured.readings))
        records.write(prediction);
    }
    if (&group == &groups.back()) records.write(session.coverage(measured));
  }
  finish(records, arguments, console);
  return kHealthy;
}

}  // namespace

Command add_measure(CLI::App& program) {
  CLI::App* app = program.add_subcommand("measure", "Print readings, without judging them");
  auto arguments = std::make_shared<MeasureArguments>();
  add_network_arguments(*app, *arguments);
  app->add_option("names", arguments->names,
                  "Measurements, with options as name:key=value; `list measurements` knows them")
      ->type_name("NAME...");
  app->add_option("--tap", arguments->tap, "Read at the tap of this name only")->type_name("NAME");
  app->add_option("--initial", arguments->initial,
                  "What NETWORK was before training: an ONNX file, or a family that --init and --seed draw")
      ->type_name("NETWORK");
  app->add_option("--lags", arguments->lags)->group("");  // old words, not in the help
  app->add_option("--threshold", arguments->threshold)->group("");
  add_input_arguments(*app, *arguments);
  add_run_arguments(*app, *arguments);
  add_output_arguments(*app, *arguments);
  return {app, [arguments](const Console& console) {
            const bool has_network = arguments->taps.empty();
            // With --taps there is no network: the first word is a name like the others.
            if (!has_network && !arguments->network.empty())
              arguments->names.insert(arguments->names.begin(), arguments->network);
            follow_old_word(arguments->names, "lags", arguments->lags, console);
            follow_old_word(arguments->names, "threshold", arguments->threshold, console);
            return has_network ? measure_network(*arguments, console) : measure_taps(*arguments, console);
          }};
}

}  // namespace shatterproof::cli
