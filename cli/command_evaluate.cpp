// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/subject.h"
#include "cli/text.h"
#include "shatterproof/core/error.h"
#include "shatterproof/run/accuracy.h"

namespace shatterproof::cli {
namespace {

CoverageRecord coverage_of(const Subject& subject, const Execution& execution) {
  CoverageRecord record = execution.coverage();
  record.approximated.insert(record.approximated.begin(), subject.notes.begin(), subject.notes.end());
  return record;
}

int evaluate(const Arguments& arguments, const Console& console) {
  if (arguments.inputs.empty()) {
    throw std::invalid_argument(
        "evaluate: --inputs is missing: cifar10:PATH, mnist:PATH or FILE.npy with labels");
  }
  const Subject subject = load_subject(arguments);
  if (subject.origin == Origin::family)
    reject("evaluate", "speaks of trained weights, which a family does not have: name an ONNX file",
           arguments.network);
  SessionOptions asked = session_options(arguments, console);
  asked.examples.all = true;
  const Session session(subject, asked);
  const Batch batch = session.examples().batch(1);
  if (!session.examples().remark().empty()) console.say(session.examples().remark());

  RunOptions options = session.settings().run;
  constexpr int64_t kAtOnce = 256;  // more gains nothing and fills the caches
  if (options.mini_batch == 0) options.mini_batch = kAtOnce;
  Execution execution(subject.network, options);
  const Accuracy result = accuracy_of(subject.network, execution, batch);

  if (arguments.json != "-") {
    console.out << fmt::format("accuracy  {:.4f}\nloss      {}\ncount     {}\n", result.accuracy,
                               short_number(result.loss), result.examples);
  }
  if (const auto writer = results_writer(arguments.json, console.out)) {
    ContextRecord context = session.context();
    context.command = console.command_line;
    writer->write(context);
    for (const auto& [name, value] :
         {std::pair("accuracy", result.accuracy), std::pair("loss", result.loss)}) {
      Reading reading = scalar_reading(name, value);
      reading.n = result.examples;
      reading.batch_norm = to_string(options.batch_norm);
      writer->write(reading);
    }
    writer->write(coverage_of(subject, execution));
    writer->close();
  }
  return kHealthy;
}

}  // namespace

Command add_evaluate(CLI::App& program) {
  CLI::App* app = program.add_subcommand(
      "evaluate", "Print accuracy and loss on labelled data: was the model imported right?");
  auto arguments = std::make_shared<Arguments>();
  app->add_option("network", arguments->network, "An ONNX file")->type_name("NETWORK");
  add_shape_argument(*app, arguments->shape);
  add_input_arguments(*app, *arguments);
  add_machine_arguments(*app, *arguments);
  add_json_argument(*app, arguments->json);
  return {app, [arguments](const Console& console) { return evaluate(*arguments, console); }};
}

}  // namespace shatterproof::cli
