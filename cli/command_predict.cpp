// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/records.h"
#include "cli/text.h"
#include "shatterproof/core/error.h"
#include "shatterproof/examine/predicted.h"

namespace shatterproof::cli {
namespace {

struct PredictArguments : Arguments {
  std::vector<std::string> names;
  bool gates = false;
};

void reject_file(const std::string& network) {
  if (network.empty()) {
    throw std::invalid_argument("NETWORK is missing: a family such as residual:depth=50,norm=batch");
  }
  std::error_code too_long_for_one;
  if (network.ends_with(".onnx") || network.find('/') != std::string::npos ||
      std::filesystem::exists(network, too_long_for_one)) {
    reject("predict", "predictions speak of built-in families (`list families`), not of files", network);
  }
}

int predict_and_print(const PredictArguments& arguments, const Console& console) {
  reject_file(arguments.network);
  PredictOptions options;
  options.inputs = arguments.inputs;
  options.examples = whole_number("--batch", arguments.batch, 0, 2, kMostExamples);
  options.batch_norm =
      one_of("--batch-norm", current_word(arguments.batch_norm, console), "", {"detached", "attached"});
  options.gates = arguments.gates;
  Records records(arguments.json, "", console.out);
  Predicted all = predicted(arguments.network, arguments.names, options);
  all.context.command = console.command_line;
  for (const PredictionRecord& record : all.predictions) {
    if (arguments.json == "-") break;
    print_reading(console.out, record.reading);
    print_wrapped(console.out, "by ", record.theory + ": " + record.assumes, 2);
  }
  for (const std::string& uncovered : all.uncovered) console.err << "shatterproof: " << uncovered << '\n';
  records.write(all);
  records.close();
  return kHealthy;
}

}  // namespace

Command add_predict(CLI::App& program) {
  CLI::App* app = program.add_subcommand("predict", "Print what theory says readings should be");
  auto arguments = std::make_shared<PredictArguments>();
  app->add_option("network", arguments->network, "A family such as residual:depth=50,norm=batch")
      ->type_name("NETWORK");
  app->add_option("names", arguments->names, "Measurements; `list predictions` says of which theory speaks")
      ->type_name("NAME...");
  app->add_option(
         "--inputs", arguments->inputs,
         "gaussian, or grid:LOW:HIGH:N of scalars (grid:-2:2:256 for what wants order, else gaussian)")
      ->type_name("SPEC");
  app->add_option("--batch", arguments->batch, "Examples (256)")->type_name("N");
  app->add_option("--batch-norm", arguments->batch_norm,
                  "Batch statistics: detached or attached (what each measurement prefers)")
      ->type_name("WORD");
  app->add_flag("--gates", arguments->gates, "Simulate the theorems' own world of independent gates instead");
  add_json_argument(*app, arguments->json);
  return {app, [arguments](const Console& console) { return predict_and_print(*arguments, console); }};
}

}  // namespace shatterproof::cli
