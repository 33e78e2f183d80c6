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

const MeasurementRecord* record_of(const std::string& name) {
  const auto all = measurements();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const MeasurementRecord& record) { return record.name == name; });
  return found == all.end() ? nullptr : &*found;
}

bool wants_path(const std::string& name) {
  const MeasurementRecord* record = record_of(name);
  return record && record->along_path;
}

std::string preferred_statistics(const std::string& name) {
  const MeasurementRecord* record = record_of(name);
  return record && record->batch_norm == PreferredStatistics::attached ? "attached" : "detached";
}

// What the measurement differentiates; theories of the others speak of the sum.
std::string functional_of(const std::string& name) {
  const MeasurementRecord* record = record_of(name);
  return record && record->functional == PreferredFunctional::probe ? "probe" : "sum";
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
  setting.batch_norm = options.batch_norm.empty() ? preferred_statistics(name) : options.batch_norm;
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
    if (!is_predicted(name)) measurement_of(name, "predict");  // an unknown word is said to be one
    const Setting setting = setting_for(family, name, options);
    try {
      for (const Prediction& prediction : predictions_of(setting, name, options.gates)) {
        all.predictions.push_back(prediction_record(prediction));
        all.predictions.back().reading.functional = functional_of(name);
        all.predictions.back().reading.batch_norm = setting.batch_norm;
      }
    } catch (const std::invalid_argument& uncovered) {
      all.uncovered.emplace_back(uncovered.what());
    }
  }
  if (all.predictions.empty()) throw std::invalid_argument(all.uncovered.front());
  return all;
}

void write(ResultsWriter& writer, const Predicted& predicted) {
  writer.write(predicted.context);
  for (const PredictionRecord& prediction : predicted.predictions) writer.write(prediction);
}

}  // namespace shatterproof
