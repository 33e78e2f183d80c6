// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/records.h"
#include "cli/subject.h"
#include "cli/text.h"
#include "shatterproof/examine/evaluation.h"

namespace shatterproof::cli {
namespace {

int evaluate_and_print(const Arguments& arguments, const Console& console) {
  Records records(arguments.json, "", console.out);
  Evaluation evaluation = evaluate(load_subject(arguments), session_options(arguments, console));
  evaluation.context.command = console.command_line;
  for (const std::string& remark : evaluation.remarks) console.say(remark);
  if (arguments.json != "-") {
    const Accuracy& result = evaluation.result;
    console.out << fmt::format("accuracy  {:.4f}\nloss      {}\ncount     {}\n", result.accuracy,
                               short_number(result.loss), result.examples);
  }
  records.write(evaluation);
  records.close();
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
  return {app, [arguments](const Console& console) { return evaluate_and_print(*arguments, console); }};
}

}  // namespace shatterproof::cli
