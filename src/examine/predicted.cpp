// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/predicted.h"

#include <fmt/format.h>

#include <algorithm>

#include "shatterproof/core/error.h"
#include "shatterproof/examine/prediction_record.h"
#include "shatterproof/examine/setting.h"
#include "shatterproof/examine/settings.h"
#include "shatterproof/experiment/catalog.h"
#include "shatterproof/theory/catalog.h"

namespace shatterproof {
namespace {

bool wants_path(const std::string& name) {
  const auto all = measurements();
  return std::any_of(all.begin(), all.end(), [&](const MeasurementRecord& record) {
    return record.name == name && record.along_path;
  });
}

// As `measure` takes them: a grid for what wants order, noise otherwise.
Setting setting_for(const std::string& family, const std::string& name, const PredictOptions& options) {
  Setting setting = setting_of(family);
  if (options.examples != 0) setting.examples = options.examples;
  std::string inputs = options.inputs;
  if (inputs.empty()) inputs = wants_path(name) && setting.input == 1 ? "grid:-2:2:256" : "gaussian";
  if (options.examples != 0 && inputs.find(':') != std::string::npos)
    reject("--batch", "the inputs say how many examples there are", "'" + inputs + "'");
  set_inputs(setting, inputs);
  if (runs_on_grid(setting) && setting.input > 1) {
    reject("--inputs", "a grid is of scalar inputs; the network takes more numbers",
           fmt::format("{}", setting.input));
  }
  setting.batch_norm = options.batch_norm;
  return setting;
}

ContextRecord context_of(const std::string& family, const Setting& setting) {
  ContextRecord context = context_of_library();
  context.network = family;
  context.inputs = runs_on_grid(setting) ? setting.inputs
                                         : fmt::format("{}, {} examples", setting.inputs, setting.examples);
  context.initializer = setting.initializer;
  context.examples = setting.examples;
  context.functional = "sum";
  context.batch_norm = setting.batch_norm;
  context.dtype = "float64";
  return context;
}

std::vector<Prediction> predictions_of(const Setting& setting, const std::string& name, bool gates) {
  if (!is_predicted(name)) measurement_of(name, "predict");  // an unknown word is said to be one
  return gates ? predict_by("independent_gates", setting, name) : predict(setting, name);
}

}  // namespace

Predicted predicted(const std::string& family, const std::vector<std::string>& names,
                    const PredictOptions& options) {
  if (names.empty()) {
    throw std::invalid_argument(
        "predict: the NAME of a measurement is missing; `list predictions` knows them");
  }
  Predicted all;
  all.context = context_of(family, setting_for(family, names.front(), options));
  for (const std::string& name : names) {
    const Setting setting = setting_for(family, name, options);
    for (const Prediction& prediction : predictions_of(setting, name, options.gates)) {
      all.predictions.push_back(prediction_record(prediction));
      all.predictions.back().reading.functional = "sum";
      all.predictions.back().reading.batch_norm = setting.batch_norm;
    }
  }
  return all;
}

void write(ResultsWriter& writer, const Predicted& predicted) {
  writer.write(predicted.context);
  for (const PredictionRecord& prediction : predicted.predictions) writer.write(prediction);
}

}  // namespace shatterproof
