// SPDX-License-Identifier: Apache-2.0
#include "architecture/family_options.h"

#include <fmt/format.h>

#include "shatterproof/core/error.h"

namespace shatterproof {

void reject_meaningless(const Spec& values, const std::vector<std::string>& options, std::string_view rule) {
  for (const std::string& option : options) {
    if (values.has(option)) reject(values.name(), rule, option);
  }
}

void require_within(const std::string& family, std::string_view option, int64_t value, int64_t most) {
  if (value >= 1 && value <= most) return;
  reject(family, fmt::format("{} must be from 1 to {}", option, most), std::to_string(value));
}

std::optional<double> number_or_auto(const Spec& values, const std::string& key) {
  if (values.word(key, "auto") == "auto") return {};
  return values.number(key, 0);
}

void read_fully_connected(const Spec& values, FullyConnectedOptions& options) {
  options.input = values.count("input", options.input, 1, kMostUnits);
  options.width = values.count("width", options.width, 1, kMostUnits);
  options.depth = values.count("depth", options.depth, 1, kMostLayers);
  options.output = values.count("output", options.output, 1, kMostUnits);
  read_nonlinearity(values, options);
  options.embedding = values.word("embedding", options.embedding);
  options.bias_std = values.number("bias_std", options.bias_std);
  options.readout = values.word("readout", options.readout);
  if (options.input > 1) {
    reject_meaningless(values, {"embedding", "bias_std"}, "only a scalar input (input=1) is embedded");
  }
}

DepthCount count_of(const Spec& values, bool preset) {
  if (preset) {
    reject_meaningless(values, {"readout"}, "a preset ends with a linear map of its own");
    return DepthCount::linear_maps;
  }
  const std::string word = values.word("count", "rectifier");
  if (word == "rectifier") return DepthCount::rectifiers;
  if (word != "linear") reject_unknown(values.name(), "count", word, {"rectifier", "linear"});
  reject_meaningless(values, {"readout"}, "count=linear ends with a linear map of its own");
  return DepthCount::linear_maps;
}

OptionRecord width_option() {
  return {"width", "200", "units of a hidden layer, N"};
}

OptionRecord count_option() {
  return {"count", "rectifier",
          "what depth counts: rectifier layers, or linear maps (the last one the output)"};
}

OptionRecord preset_option() {
  return {"preset", "none",
          "relu, layer_relu, batch_relu, tanh, layer_tanh, batch_tanh or selu: norm, activation, sizes and "
          "initializer"};
}

OptionRecord activation_option() {
  return {"activation", "relu", "relu, prelu, leaky_relu, tanh, selu, gelu or identity"};
}

OptionRecord slope_option() {
  return {"slope", "auto", "below 0, of prelu and leaky_relu; auto is 0.25 for prelu, 0.01 for leaky_relu"};
}

std::vector<OptionRecord> nonlinearity_options() {
  return {activation_option(),
          slope_option(),
          {"crelu", "false", "(rho(z), rho(-z)) in place of rho(z); doubles the next layer's fan-in"},
          {"norm", "none", "none, center, batch or layer, before each nonlinearity"}};
}

std::vector<OptionRecord> fully_connected_options(const std::vector<OptionRecord>& own) {
  std::vector<OptionRecord> options = {{"input", "1", "numbers per example; a scalar is embedded, v x + b"},
                                       width_option(),
                                       {"depth", "50", "layers, L"},
                                       {"output", "1", "numbers per example that come out"}};
  for (OptionRecord& option : nonlinearity_options()) options.push_back(std::move(option));
  options.push_back({"embedding", "gaussian", "v of a scalar input: gaussian, N(0, 1) per unit; or ones"});
  options.push_back({"bias_std", "1", "of the embedding's b, N(0, bias_std^2) per unit"});
  options.push_back({"readout", "gaussian", "w: gaussian, N(0, 1/fan_in); or sum, all ones"});
  options.insert(options.end(), own.begin(), own.end());
  return options;
}

}  // namespace shatterproof
