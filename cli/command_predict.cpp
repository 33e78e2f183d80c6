// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/subject.h"
#include "cli/text.h"
#include "shatterproof/core/error.h"
#include "shatterproof/examine/prediction_record.h"
#include "shatterproof/examine/setting.h"
#include "shatterproof/experiment/catalog.h"
#include "shatterproof/theory/catalog.h"

namespace shatterproof::cli {
namespace {

constexpr int64_t kMostExamples = int64_t{1} << 24;

struct PredictArguments : Arguments {
  std::vector<std::string> names;
  bool gates = false;
};

void reject_file(const std::string& network) {
  if (network.empty()) {
    throw std::invalid_argument("NETWORK is missing: a family such as residual:depth=50,norm=batch");
  }
  if (network.ends_with(".onnx") || network.find('/') != std::string::npos ||
      std::filesystem::exists(network)) {
    reject("predict", "predictions speak of built-in families (`list families`), not of files", network);
  }
}

bool is_ordered(const std::string& name) {
  const auto all = measurements();
  return std::any_of(all.begin(), all.end(), [&](const MeasurementRecord& record) {
    return record.name == name && record.along_path;
  });
}

// As `measure` takes them: a grid for what wants order, noise otherwise.
Setting setting_for(const PredictArguments& arguments, const std::string& name, const Console& console) {
  Setting setting = setting_of(arguments.network);
  const int64_t batch = whole_number("--batch", arguments.batch, 0, 2, kMostExamples);
  if (batch != 0) setting.examples = batch;
  std::string inputs = arguments.inputs;
  if (inputs.empty()) inputs = is_ordered(name) && setting.input == 1 ? "grid:-2:2:256" : "gaussian";
  if (batch != 0 && inputs.find(':') != std::string::npos) {
    reject("--batch", "the inputs say how many examples there are", "'" + inputs + "'");
  }
  set_inputs(setting, inputs);
  if (runs_on_grid(setting) && setting.input > 1) {
    reject("--inputs", "a grid is of scalar inputs; the network takes more numbers",
           fmt::format("{}", setting.input));
  }
  setting.batch_norm = one_of("--batch-norm", current_word(arguments.batch_norm, console), "detached",
                              {"detached", "attached"});
  return setting;
}

PredictionRecord record_of(const Prediction& prediction, const Setting& setting) {
  PredictionRecord record = prediction_record(prediction);
  record.reading.functional = "sum";
  record.reading.batch_norm = setting.batch_norm;
  return record;
}

ContextRecord context_of(const PredictArguments& arguments, const Setting& setting, const Console& console) {
  ContextRecord context = context_of_library();
  context.command = console.command_line;
  context.network = arguments.network;
  context.inputs = runs_on_grid(setting) ? setting.inputs
                                         : fmt::format("{}, {} examples", setting.inputs, setting.examples);
  context.initializer = setting.initializer;
  context.examples = setting.examples;
  context.functional = "sum";
  context.batch_norm = setting.batch_norm;
  context.dtype = "float64";
  return context;
}

std::vector<Prediction> predictions(const PredictArguments& arguments, const Setting& setting,
                                    const std::string& name) {
  if (!is_predicted(name)) measurement_of(name, "predict");  // an unknown word is said to be one
  return arguments.gates ? predict_by("independent_gates", setting, name) : predict(setting, name);
}

int predict_network(const PredictArguments& arguments, const Console& console) {
  if (arguments.names.empty()) {
    reject_file(arguments.network);
    throw std::invalid_argument(
        "predict: the NAME of a measurement is missing; `list predictions` knows them");
  }
  reject_file(arguments.network);
  std::vector<PredictionRecord> records;
  for (const std::string& name : arguments.names) {
    const Setting setting = setting_for(arguments, name, console);
    for (const Prediction& prediction : predictions(arguments, setting, name)) {
      records.push_back(record_of(prediction, setting));
    }
  }
  const auto writer = results_writer(arguments.json, console.out);
  if (writer) {
    writer->write(context_of(arguments, setting_for(arguments, arguments.names.front(), console), console));
  }
  for (const PredictionRecord& record : records) {
    if (arguments.json != "-") {
      print_reading(console.out, record.reading);
      print_wrapped(console.out, "by ", record.theory + ": " + record.assumes, 2);
    }
    if (writer) writer->write(record);
  }
  if (writer) writer->close();
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
  app->add_option("--batch-norm", arguments->batch_norm, "Batch statistics: detached or attached (detached)")
      ->type_name("WORD");
  app->add_flag("--gates", arguments->gates, "Simulate the theorems' own world of independent gates instead");
  app->add_option("--json", arguments->json, "Also write the predictions as JSON Lines; - prints only those")
      ->type_name("FILE");
  return {app, [arguments](const Console& console) { return predict_network(*arguments, console); }};
}

}  // namespace shatterproof::cli
