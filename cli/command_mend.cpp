// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <sstream>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/mending.h"
#include "cli/outputs.h"
#include "cli/records.h"
#include "cli/subject.h"
#include "cli/text.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/examine/compare.h"
#include "shatterproof/mend/mend.h"
#include "shatterproof/onnx/export.h"
#include "shatterproof/remedy/catalog.h"

namespace shatterproof::cli {
namespace {

struct MendArguments : Arguments {
  std::string output, data, only, without, budget, changes, steps, rates, rehearsal_seconds, at_random;
  bool redraw = false;
};

std::vector<Remedy::Kind> kinds_of(const char* option, const std::string& text) {
  std::vector<std::string> known;
  for (const RemedyRecord& record : remedies()) {
    if (!record.forms.empty()) known.push_back(record.name);
  }
  std::vector<Remedy::Kind> kinds;
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, ',');)
    kinds.push_back(parse_remedy_kind(one_of(option, word.empty() ? "," : word, "", known)));
  return kinds;
}

LearningOptions learning_options(const MendArguments& arguments, const Subject& subject,
                                 const SessionOptions& session) {
  LearningOptions learning;
  learning.steps = whole_number("--steps", arguments.steps, learning.steps, 1, kMostCounted);
  const std::vector<double> rates = finite_numbers("--learning-rates", arguments.rates);
  if (!rates.empty()) learning.rates = rates;
  for (const double rate : learning.rates) {
    if (rate <= 0) reject("--learning-rates", "must be above 0", fmt::format("{}", rate));
  }
  learning.device = session.device;
  learning.dtype = session.dtype;
  learning.seed = session.weights.first_seed;
  if (arguments.data.empty()) {
    for (const auto& [option, given] :
         {std::pair("--steps", &arguments.steps), std::pair("--learning-rates", &arguments.rates)}) {
      if (!given->empty()) reject(option, "speaks of the training that --data asks for", "no --data");
    }
    return learning;
  }
  DatasetRequest request;
  request.source = arguments.data;
  request.preprocessing = preprocessing_of(arguments);
  request.layout = session.examples.layout;
  learning.examples = load_batch(request, subject.network.inputs(), learning.seed);
  if (!learning.examples.labels.defined()) reject("--data", "the examples must have labels", arguments.data);
  learning.batch = std::min(learning.batch, learning.examples.examples());
  return learning;
}

MendOptions mend_options(const MendArguments& arguments, const Subject& subject, const Console& console) {
  MendOptions options;
  static_cast<SessionOptions&>(options) = session_options(arguments, console);
  if (options.examples.source.empty()) options.examples.source = arguments.data;
  options.rehearsal_seconds =
      static_cast<double>(whole_number("--rehearsal-seconds", arguments.rehearsal_seconds,
                                       static_cast<int64_t>(options.rehearsal_seconds), 1, 86'400));
  options.only = kinds_of("--only", arguments.only);
  options.without = kinds_of("--not", arguments.without);
  options.budget = whole_number("--budget", arguments.budget, options.budget, 1, kMostCounted);
  options.most_changes = whole_number("--changes", arguments.changes, options.most_changes, 1, 10);
  options.redraws_trained = arguments.redraw;
  if (!arguments.at_random.empty())
    options.at_random =
        static_cast<uint64_t>(whole_number("--at-random", arguments.at_random, 0, 0, kMostCounted));
  options.learning = learning_options(arguments, subject, options);
  int64_t tried = 0;
  options.after_trial = [&console, tried, budget = options.budget](const ChangeRecord& trial) mutable {
    console.progress(
        fmt::format("tried {} of at most {}: {}", ++tried, budget, short_words_of(trial.changes)));
  };
  return options;
}

// Both with what differs; of a network that stays as it is its check alone.
void write_records(Records& records, const Mended& mended, const std::string& command) {
  if (!records.wanted()) return;
  Results before = results_of(mended.before);
  before.context.command = command;
  if (mended.after) {
    const Results after = results_of(*mended.after);
    records.write(before, after, compare(before, after));
  } else {
    Checked alone = mended.before;
    alone.context.command = command;
    records.write(alone);
  }
  for (const ChangeRecord& trial : mended.trials) records.write(trial);
  records.close();
}

int mend_and_write(const MendArguments& arguments, const Console& console) {
  if (arguments.output.empty()) throw std::invalid_argument("mend: -o FILE.onnx is missing");
  require_output_file("-o", arguments.output, ".onnx");  // a mistake here would cost most
  const Subject subject = load_subject(arguments);
  const MendOptions options = mend_options(arguments, subject, console);
  Records records(arguments.json, arguments.report, console.out);
  const Mended mended = mend(subject, options);
  console.progress("");
  std::ostream& talk = arguments.json == "-" ? console.err : console.out;
  const bool talks = arguments.json != "-" || !console.quiet;
  if (talks) print_mending(talk, mended);
  if (mended.interrupted) throw Interrupted();
  if (mended.network) {
    export_onnx(*mended.network, arguments.output);
    if (talks) talk << "file      " << arguments.output << '\n';
  }
  write_records(records, mended, console.command_line);
  if (talks) print_report_path(talk, arguments.report);
  const bool is_cured =
      !mended.is_sick() || (mended.after && worst(mended.after->diagnosis) < Severity::critical);
  return is_cured ? kHealthy : kFindings;
}

}  // namespace

Command add_mend(CLI::App& program) {
  CLI::App* app =
      program.add_subcommand("mend", "Change a network until its findings are gone, and write it as ONNX");
  auto arguments = std::make_shared<MendArguments>();
  add_network_arguments(*app, *arguments);
  add_input_arguments(*app, *arguments);
  add_run_arguments(*app, *arguments);
  app->add_option("-o,--output", arguments->output, "The mended network")->type_name("FILE.onnx");
  app->add_option(
         "--data", arguments->data,
         "Labelled examples: they are also what is checked on, and both networks are trained on them")
      ->type_name("SPEC");
  app->add_option("--only", arguments->only, "Kinds of change that are tried (all)")->type_name("KIND,...");
  app->add_option("--not", arguments->without, "Kinds of change that are not tried (none)")
      ->type_name("KIND,...");
  app->add_option("--budget", arguments->budget, "Changed networks that may be checked (40)")->type_name("N");
  app->add_option("--changes", arguments->changes, "Changes made together at most (3)")->type_name("N");
  app->add_option("--steps", arguments->steps, "Training steps at each rate (200)")->type_name("N");
  app->add_option("--learning-rates", arguments->rates, "Of Adam (1e-4,1e-3,1e-2)")->type_name("R,...");
  app->add_option("--rehearsal-seconds", arguments->rehearsal_seconds, "What one may take (20)")
      ->type_name("N");
  app->add_flag("--redraw", arguments->redraw, "Weights that were trained may be drawn anew");
  app->add_option("--at-random", arguments->at_random,
                  "Choose changes at random by this seed, to see whether what findings suggest is any better")
      ->type_name("SEED");
  add_json_argument(*app, arguments->json);
  add_report_argument(*app, arguments->report);
  return {app, [arguments](const Console& console) { return mend_and_write(*arguments, console); }};
}

}  // namespace shatterproof::cli
