// SPDX-License-Identifier: Apache-2.0
#include "theory/axes.h"

namespace shatterproof {

bool runs_on_vectors(const Setting& setting) {
  return setting.input > 1 && !runs_on_grid(setting);
}

bool statistics_are_held(const Setting& setting) {
  return setting.norm == "none" || setting.batch_norm == "detached";
}

Prediction scalar_prediction(std::string_view name, double value) {
  Prediction prediction;
  prediction.name = name;
  prediction.values = {value};
  return prediction;
}

Prediction scalar_at_input(std::string_view name, double value) {
  Prediction prediction = scalar_prediction(name, value);
  prediction.tap = "input";
  return prediction;
}

Prediction curve_prediction(std::string_view name, std::string_view x_name, std::vector<double> x,
                            std::vector<double> values) {
  Prediction prediction;
  prediction.name = name;
  prediction.x_name = x_name;
  prediction.x = std::move(x);
  prediction.values = std::move(values);
  return prediction;
}

Prediction along_rectifiers(std::string_view name, std::vector<double> values) {
  std::vector<double> depth;
  for (size_t l = 1; l <= values.size(); ++l) depth.push_back(static_cast<double>(l));
  return curve_prediction(name, "depth", std::move(depth), std::move(values));
}

}  // namespace shatterproof
