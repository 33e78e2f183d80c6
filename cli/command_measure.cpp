// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/graph.h"
#include "cli/records.h"
#include "cli/replayed.h"
#include "cli/session.h"
#include "cli/text.h"
#include "shatterproof/core/error.h"
#include "shatterproof/experiment/catalog.h"

namespace shatterproof::cli {
namespace {

constexpr int64_t kMostLags = 1'000'000;

struct MeasureArguments : Arguments {
  std::vector<std::string> names;
  std::string tap, lags;
};

MeasurementOptions options_of(const MeasureArguments& arguments) {
  MeasurementOptions options;
  options.tap = arguments.tap;
  options.lags = whole_number("--lags", arguments.lags, options.lags, 1, kMostLags);
  return options;
}

// Ordered and other measurements run on examples of their own, unless --inputs says which.
struct Group {
  bool ordered = false;
  std::vector<std::string> names;
};

std::vector<Group> groups_of(const MeasureArguments& arguments) {
  std::vector<Group> groups;
  for (const std::string& name : arguments.names) {
    const bool ordered = measurement_of(name).ordered && arguments.inputs.empty();
    if (groups.empty() || groups.back().ordered != ordered) groups.push_back({ordered, {}});
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

// With --taps there is no network: the first word is a name like the others.
int measure_taps(const MeasureArguments& arguments, const Console& console) {
  std::vector<std::string> names = arguments.names;
  if (!arguments.network.empty()) names.insert(names.begin(), arguments.network);
  reject_no_names(names);
  if (!arguments.dump.empty()) reject("--dump", "a dump cannot be made from a dump", arguments.dump);
  const Replayed measured = replayed(arguments.taps, names, options_of(arguments));
  Records records(arguments.json, arguments.report, console.out);
  records.write(context_record(measured, arguments.taps, console.command_line));
  show(measured.readings, arguments, console, records);
  records.write(measured.coverage);
  finish(records, arguments, console);
  return kHealthy;
}

int measure_network(const MeasureArguments& arguments, const Console& console) {
  reject_no_names(arguments.names);
  const std::vector<Group> groups = groups_of(arguments);
  const MeasurementOptions options = options_of(arguments);
  const Subject subject = load_subject(arguments);
  const Draws draws = draws_of(subject, arguments);
  Records records(arguments.json, arguments.report, console.out);
  for (const Group& group : groups) {
    const Session session(subject, draws, arguments, {group.ordered, false});
    if (!session.examples().remark().empty()) console.say(session.examples().remark());
    if (!arguments.dump.empty() && &group == &groups.front()) session.dump(arguments.dump);
    const MeasuredSeeds measured = session.measure(group.names, options, console);
    if (&group == &groups.front()) {
      records.write(session.context(console));
      records.write(graph_record(subject.network));
    }
    show(measured.readings, arguments, console, records);
    if (&group == &groups.back()) records.write(session.coverage(measured.coverage));
  }
  finish(records, arguments, console);
  return kHealthy;
}

}  // namespace

Command add_measure(CLI::App& program) {
  CLI::App* app = program.add_subcommand("measure", "Print readings, without judging them");
  auto arguments = std::make_shared<MeasureArguments>();
  add_network_arguments(*app, *arguments);
  app->add_option("names", arguments->names, "Measurements; `list measurements` knows them")
      ->type_name("NAME...");
  app->add_option("--tap", arguments->tap, "Read at the tap of this name only")->type_name("NAME");
  app->add_option("--lags", arguments->lags, "Lags of autocorrelation functions (15)")->type_name("N");
  add_input_arguments(*app, *arguments);
  add_run_arguments(*app, *arguments);
  add_output_arguments(*app, *arguments);
  return {app, [arguments](const Console& console) {
            return arguments->taps.empty() ? measure_network(*arguments, console)
                                           : measure_taps(*arguments, console);
          }};
}

}  // namespace shatterproof::cli
