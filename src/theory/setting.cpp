// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/setting.h"

#include <cmath>
#include <optional>
#include <variant>

#include "shatterproof/core/error.h"
#include "shatterproof/core/spec.h"

namespace shatterproof {
namespace {

constexpr int64_t kMostExamples = int64_t{1} << 24;

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

// Why theory knows no such inputs: the rule that they break.
struct Refusal {
  std::string operation, rule;
};

// The examples in the inputs, `otherwise` where they do not say.
std::variant<int64_t, Refusal> examples_in(std::string_view inputs, int64_t otherwise) {
  std::optional<int64_t> examples = otherwise;
  if (inputs.starts_with(kGrid)) {
    const std::optional<InputGrid> grid = parse_grid(inputs);
    if (!grid) return Refusal{"grid", "is written grid:from:to:points"};
    if (!std::isfinite(grid->from) || !std::isfinite(grid->to) || !(grid->from < grid->to))
      return Refusal{"grid", "must go from a number to a larger one"};
    examples = grid->points;
  } else if (inputs.starts_with("gaussian:")) {
    examples = parse_whole_number(inputs.substr(kGaussian.size() + 1));
    if (!examples) return Refusal{"gaussian", "a number of examples must be a whole number"};
  } else if (inputs != kGaussian) {
    return Refusal{"inputs", "must be gaussian, gaussian:EXAMPLES or grid:FROM:TO:POINTS"};
  }
  if (*examples < 2 || *examples > kMostExamples)
    return Refusal{"inputs", "examples must be from 2 to " + std::to_string(kMostExamples)};
  return *examples;
}

}  // namespace

bool set_inputs_if_known(Setting& setting, std::string_view inputs) {
  const std::variant<int64_t, Refusal> examples = examples_in(inputs, setting.examples);
  if (std::holds_alternative<Refusal>(examples)) return false;
  setting.examples = std::get<int64_t>(examples);
  setting.inputs = inputs.starts_with(kGaussian) ? kGaussian : inputs;
  return true;
}

void set_inputs(Setting& setting, std::string_view inputs) {
  if (set_inputs_if_known(setting, inputs)) return;
  if (!inputs.starts_with(kGrid) && !inputs.starts_with(kGaussian))
    reject_unknown("inputs", "inputs", inputs, {"gaussian", "gaussian:EXAMPLES", "grid:FROM:TO:POINTS"});
  const Refusal refusal = std::get<Refusal>(examples_in(inputs, setting.examples));
  reject(refusal.operation, refusal.rule, inputs);
}

bool runs_on_grid(const Setting& setting) {
  return setting.inputs.starts_with(kGrid);
}

InputGrid input_grid(const Setting& setting) {
  if (const std::optional<InputGrid> grid = parse_grid(setting.inputs)) return *grid;
  reject("inputs", "must be a grid", setting.inputs);
}

}  // namespace shatterproof
