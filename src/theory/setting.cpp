// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/setting.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "shatterproof/core/error.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/theory/nonlinearity.h"

namespace shatterproof {
namespace {

constexpr int64_t kMostLayers = 10'000;
constexpr int64_t kMostUnits = int64_t{1} << 20;
constexpr int64_t kMostExamples = int64_t{1} << 24;

void require_one_of(const Setting& setting, std::string_view option, const std::string& value,
                    const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), value) == known.end()) {
    reject_unknown(setting.family, option, value, known);
  }
}

std::optional<double> number_or_auto(const Spec& values, const std::string& key) {
  if (values.word(key, "auto") == "auto") return {};
  return values.number(key, 0);
}

void read_nonlinearity(const Spec& values, Setting& setting) {
  setting.width = values.count("width", setting.width, 1, kMostUnits);
  setting.activation = values.word("activation", setting.activation);
  setting.slope = number_or_auto(values, "slope");
  setting.crelu = values.flag("crelu", setting.crelu);
  setting.norm = values.word("norm", setting.norm);
  nonlinearity_of(setting.activation, setting.slope);  // throws on what is none
  require_one_of(setting, "norm", setting.norm, {"none", "center", "batch", "layer"});
}

void read_fully_connected(const Spec& values, Setting& setting) {
  setting.input = values.count("input", setting.input, 1, kMostUnits);
  setting.depth = values.count("depth", setting.depth, 1, kMostLayers);
  setting.output = values.count("output", setting.output, 1, kMostUnits);
  read_nonlinearity(values, setting);
  if (setting.input > 1 && (values.has("embedding") || values.has("bias_std"))) {
    reject(setting.family, "only a scalar input (input=1) is embedded", "embedding or bias_std");
  }
  setting.embedding = values.word("embedding", setting.embedding);
  setting.bias_std = values.not_negative("bias_std", setting.bias_std);
  setting.readout = values.word("readout", setting.readout);
  require_one_of(setting, "embedding", setting.embedding, {"gaussian", "ones"});
  require_one_of(setting, "readout", setting.readout, {"gaussian", "sum"});
}

void read_count(const Spec& values, Setting& setting) {
  setting.count = values.word("count", setting.count);
  require_one_of(setting, "count", setting.count, {"rectifier", "linear"});
  if (setting.count == "linear" && (setting.input < 2 || setting.depth < 2)) {
    reject(setting.family, "count=linear needs a vector input and depth from 2",
           "input=" + std::to_string(setting.input) + ",depth=" + std::to_string(setting.depth));
  }
}

void reject_other_word(const Spec& values, const std::string& key, const std::string& known,
                       std::string_view rule) {
  const std::string word = values.word(key, known);
  if (word != known) reject("theory", rule, key + "=" + word);
}

void reject_preset(const Spec& values) {
  reject_other_word(values, "preset", "none",
                    "does not know presets: write norm, activation and sizes instead");
}

void read_feedforward(const Spec& values, Setting& setting) {
  reject_preset(values);
  read_fully_connected(values, setting);
  read_count(values, setting);
  setting.hidden_bias_std = values.not_negative("hidden_bias_std", setting.hidden_bias_std);
}

void read_residual(const Spec& values, Setting& setting) {
  reject_preset(values);
  reject_other_word(values, "skip", "identity", "speaks of identity skips only");
  read_fully_connected(values, setting);
  read_count(values, setting);
  setting.alpha = values.number("alpha", setting.alpha);
  setting.beta = values.number("beta", setting.beta);
  setting.layers_per_block = values.count("layers_per_block", setting.layers_per_block, 1, 2);
  const int64_t on_blocks = setting.depth - (setting.count == "linear" ? 2 : 0);
  if (on_blocks % setting.layers_per_block != 0) {
    reject(setting.family, "two layers per block need an even depth", std::to_string(setting.depth));
  }
}

// gamma1^2 + gamma2^2 = 1: one of the two is enough; neither means gamma2 = sqrt(1/L).
void read_highway(const Spec& values, Setting& setting) {
  read_fully_connected(values, setting);
  const std::optional<double> gamma1 = number_or_auto(values, "gamma1");
  const std::optional<double> gamma2 = number_or_auto(values, "gamma2");
  for (const std::optional<double>& gamma : {gamma1, gamma2}) {
    if (gamma && !(*gamma >= 0 && *gamma <= 1)) {
      reject(setting.family, "gamma1 and gamma2 must be from 0 to 1", std::to_string(*gamma));
    }
  }
  const auto other = [](double gamma) { return std::sqrt(1 - gamma * gamma); };
  setting.gamma2 = gamma2   ? *gamma2
                   : gamma1 ? other(*gamma1)
                            : std::sqrt(1 / static_cast<double>(setting.depth));
  setting.gamma1 = gamma1 ? *gamma1 : other(setting.gamma2);
  constexpr double kRoundedByHand = 1e-3;  // as in gamma1=.995,gamma2=.1
  const double squares = setting.gamma1 * setting.gamma1 + setting.gamma2 * setting.gamma2;
  if (std::abs(squares - 1) > kRoundedByHand) {
    reject(setting.family, "gamma1^2 + gamma2^2 must be 1", std::to_string(squares));
  }
}

void read_shallow(const Spec& values, Setting& setting) {
  setting.depth = 1;
  setting.embedding = "ones";
  read_nonlinearity(values, setting);
  setting.bias_std =
      number_or_auto(values, "bias_std").value_or(1 / std::sqrt(static_cast<double>(setting.width)));
  if (setting.bias_std < 0) {
    reject(setting.family, "bias_std must not be negative", values.word("bias_std", ""));
  }
}

void read_noise(const Spec& values, Setting& setting) {
  setting.input = values.count("input", setting.input, 1, kMostUnits);
}

struct FamilyReader {
  const char* name;
  void (*read)(const Spec&, Setting&);
};
constexpr FamilyReader kFamilies[] = {{"feedforward", read_feedforward}, {"residual", read_residual},
                                      {"highway", read_highway},         {"shallow", read_shallow},
                                      {"white_noise", read_noise},       {"brown_noise", read_noise}};
// Their gates, their growing width, their convolutions and their attention are in no theory's reach.
constexpr std::string_view kUnpredictedFamilies[] = {"highway_gated",        "dense", "conv_feedforward",
                                                     "conv_residual",        "thin",  "transformer_pre_norm",
                                                     "transformer_post_norm"};

constexpr std::string_view kGrid = "grid:";
constexpr std::string_view kGaussian = "gaussian";

std::optional<InputGrid> parse_grid(std::string_view text) {
  if (!text.starts_with(kGrid)) return {};
  text.remove_prefix(kGrid.size());
  const size_t first = text.find(':'), second = text.find(':', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return {};
  const std::optional<double> from = parse_number(text.substr(0, first));
  const std::optional<double> to = parse_number(text.substr(first + 1, second - first - 1));
  const std::optional<int64_t> points = parse_whole_number(text.substr(second + 1));
  if (!from || !to || !points) return {};
  return InputGrid{*from, *to, *points};
}

void require_examples(int64_t examples) {
  if (examples >= 2 && examples <= kMostExamples) return;
  reject("inputs", "examples must be from 2 to " + std::to_string(kMostExamples), std::to_string(examples));
}

}  // namespace

Setting setting_of(std::string_view family_spec) {
  const Spec values = Spec::parse(family_spec);
  Setting setting;
  setting.family = values.name();
  std::vector<std::string> known;
  for (const FamilyReader& family : kFamilies) {
    known.push_back(family.name);
    if (values.name() != family.name) continue;
    family.read(values, setting);
    values.reject_unread();
    return setting;
  }
  for (const std::string_view family : kUnpredictedFamilies) {
    if (values.name() == family) reject("predict", "no theory speaks of that family", family);
  }
  reject_unknown("network", "family", values.name(), known);
}

void set_inputs(Setting& setting, std::string_view inputs) {
  int64_t examples = setting.examples;
  if (inputs.starts_with(kGrid)) {
    const std::optional<InputGrid> grid = parse_grid(inputs);
    if (!grid) reject("grid", "is written grid:from:to:points", inputs);
    if (!std::isfinite(grid->from) || !std::isfinite(grid->to) || !(grid->from < grid->to)) {
      reject("grid", "must go from a number to a larger one", inputs);
    }
    examples = grid->points;
  } else if (inputs.starts_with("gaussian:")) {
    const std::optional<int64_t> number = parse_whole_number(inputs.substr(kGaussian.size() + 1));
    if (!number) reject("gaussian", "a number of examples must be a whole number", inputs);
    examples = *number;
    inputs = kGaussian;
  } else if (inputs != kGaussian) {
    reject_unknown("inputs", "inputs", inputs, {"gaussian", "gaussian:EXAMPLES", "grid:FROM:TO:POINTS"});
  }
  require_examples(examples);
  setting.examples = examples;
  setting.inputs = inputs;
}

bool runs_on_grid(const Setting& setting) {
  return setting.inputs.starts_with(kGrid);
}

InputGrid input_grid(const Setting& setting) {
  if (const std::optional<InputGrid> grid = parse_grid(setting.inputs)) return *grid;
  reject("inputs", "must be a grid", setting.inputs);
}

}  // namespace shatterproof
