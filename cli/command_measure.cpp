// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/outputs.h"
#include "cli/records.h"
#include "cli/subject.h"
#include "cli/text.h"
#include "shatterproof/core/error.h"
#include "shatterproof/examine/measured_subject.h"
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

MeasuredSubject measured_taps(const MeasureArguments& arguments) {
  if (!arguments.dump.empty()) reject("--dump", "a dump cannot be made from a dump", arguments.dump);
  MeasuredSubject measured = measure(*dump_source(arguments.taps), arguments.names, arguments.tap);
  measured.context.network = arguments.taps;
  return measured;
}

MeasuredSubject measured_network(const MeasureArguments& arguments, const Console& console, bool predicts) {
  MeasureOptions options;
  static_cast<SessionOptions&>(options) = session_options(arguments, console);
  options.tap = arguments.tap;
  options.dump = arguments.dump;
  options.predicts = predicts;
  const Subject subject = arguments.initial.empty() ? load_subject(arguments) : load_trained(arguments);
  return measure(subject, arguments.names, options);
}

int measure_and_print(const MeasureArguments& arguments, const Console& console) {
  require_measurements(arguments.names);
  Records records(arguments.json, arguments.report, console.out);
  require_empty_output_folder("--dump", arguments.dump);
  MeasuredSubject measured = arguments.taps.empty() ? measured_network(arguments, console, records.wanted())
                                                    : measured_taps(arguments);
  console.progress("");
  measured.context.command = console.command_line;
  for (const std::string& remark : measured.remarks) console.say(remark);
  for (const Reading& reading : measured.readings) {
    if (arguments.json != "-") print_reading(console.out, reading);
  }
  records.write(measured);
  records.close();
  if (arguments.json != "-") print_report_path(console.out, arguments.report);
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
            // With --taps there is no network: the first word is a name like the others.
            if (!arguments->taps.empty() && !arguments->network.empty())
              arguments->names.insert(arguments->names.begin(), arguments->network);
            follow_old_word(arguments->names, "lags", arguments->lags, console);
            follow_old_word(arguments->names, "threshold", arguments->threshold, console);
            return measure_and_print(*arguments, console);
          }};
}

}  // namespace shatterproof::cli
