// SPDX-License-Identifier: Apache-2.0
#include "diagnose/memory.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "diagnose/readings.h"
#include "shatterproof/theory/recurrent.h"

namespace shatterproof {
namespace {

// Of a weight that was not looked at: PyTorch's default.
constexpr double kUsualRecurrent = 1.0 / 3;
// What inputs add to pre-activations is not known here; of standardized ones about this.
constexpr double kUsualDriven = .1;

std::optional<double> scalar(const Draw& draw, const char* name) {
  const Reading* reading = find_reading(draw, name, ReadingType::scalar);
  if (!reading) return {};
  return reading->value();
}

RecurrentDraw drawn_as(const RecurrentCell& cell) {
  return {cell.recurrent > 0 ? cell.recurrent : kUsualRecurrent, kUsualDriven};
}

Remedy::Promise promise(double factor, const char* theory) {
  return {"gradient_over_time_rate", factor, theory};
}

// What units leave per step over a number of steps, their biases log u with u spread evenly from 1 to the
// longest.
double spread_retention(const RecurrentCell& cell, double longest, int64_t steps) {
  constexpr int kUnits = 32;
  const double power = 2 * static_cast<double>(std::max<int64_t>(steps, 1));
  double sum = 0;
  for (int unit = 0; unit < kUnits; ++unit) {
    const double bias = std::log(1 + (longest - 1) * (unit + .5) / kUnits);
    const GatedGrowth growth = cell.cell == "LSTM" ? lstm_growth(drawn_as(cell), {-bias, bias, 0})
                                                   : gru_growth(drawn_as(cell), bias, 0);
    sum += std::pow(growth.retention, power);
  }
  return std::pow(sum / kUnits, 1 / power);
}

// sigmoid(log u) = u / (u + 1): a unit with that bias forgets within u steps. With the longest for all of
// them the state only grows: an LSTM that should tell the first of 100 steps learned nothing in 150 of
// training, with biases spread so it began to.
Remedy kept_state(const RecurrentCell& cell, const Memory& memory) {
  const bool is_lstm = cell.cell == "LSTM";
  const auto longest = static_cast<double>(std::max<int64_t>(memory.span, 2));
  Remedy remedy{
      .kind = Remedy::Kind::raise_forget_bias, .scheme = is_lstm ? "forget" : "update", .value = longest};
  remedy.promise =
      promise(spread_retention(cell, longest, memory.span), is_lstm ? "lstm_growth" : "gru_growth");
  remedy.now = memory.rate;
  return remedy;
}

Remedy kept_norm(const RecurrentCell& cell, const Memory& memory) {
  const bool rectifies = cell.activation == "relu";
  Remedy remedy{.kind = Remedy::Kind::keep_recurrence, .scheme = rectifies ? "identity" : "orthogonal"};
  remedy.promise =
      rectifies ? promise(identity_recurrent_growth(), "identity_recurrent_growth")
                : promise(recurrent_growth(nonlinearity_of("tanh"), {1, kUsualDriven}), "recurrent_growth");
  remedy.now = memory.rate;
  return remedy;
}

// The recurrent layer that the advice is about: all of a network are mostly of one kind.
RecurrentCell last_cell(const Examination& examination) {
  return examination.recurrent_cells.empty() ? RecurrentCell() : examination.recurrent_cells.back();
}

}  // namespace

std::optional<Memory> memory_of(const Draw& draw) {
  const Reading* curve = find_reading(draw, "gradient_over_time", ReadingType::curve);
  const std::optional<double> rate = scalar(draw, "gradient_over_time_rate");
  if (!curve || curve->values.size() < 2 || !rate) return {};
  Memory memory;
  memory.steps = static_cast<int64_t>(curve->values.size());
  memory.rate = *rate;
  memory.span = std::clamp<int64_t>(
      std::llround(scalar(draw, "gradient_over_time_span").value_or(static_cast<double>(memory.steps - 1))),
      0, memory.steps - 1);
  memory.largest = *std::max_element(curve->values.begin(), curve->values.end());
  const double before = *std::max_element(curve->values.begin(), curve->values.begin() + memory.span + 1);
  const double measured = curve->values[static_cast<size_t>(memory.span)] / before;
  memory.left = measured > 0 ? measured : std::pow(memory.rate, static_cast<double>(memory.span));
  if (const Reading* length = find_reading(draw, "gradient_over_time_length", ReadingType::scalar)) {
    memory.length = length->value();
    memory.never_forgets = length->bound == ">";
  }
  return memory;
}

std::string rates_text(const Draw& draw, const Memory& memory) {
  std::vector<std::string> layers;
  for (const Reading& reading : draw.readings) {
    if (reading.name == "gradient_over_time_rate" && reading.is_defined() && !reading.tap.empty())
      layers.push_back(fmt::format("{:.2g}", reading.value()));
  }
  std::string text = fmt::format("a factor {:.2g} per step", memory.rate);
  constexpr size_t kShown = 6;
  if (layers.size() > 1 && layers.size() <= kShown)
    text += fmt::format("; layer by layer {}", fmt::join(layers, ", "));
  return text;
}

std::vector<Remedy> longer_memory(const Examination& examination, const Memory& memory) {
  const RecurrentCell cell = last_cell(examination);
  const bool is_gated = cell.cell == "LSTM" || cell.cell == "GRU";
  return {is_gated ? kept_state(cell, memory) : kept_norm(cell, memory)};
}

std::vector<Remedy> bounded_memory(const Examination& examination, const Memory& memory) {
  const RecurrentCell cell = last_cell(examination);
  const bool is_gated = cell.cell == "LSTM" || cell.cell == "GRU";
  std::vector<Remedy> remedies = {{.kind = Remedy::Kind::clip_gradients, .value = 1}};
  if (!is_gated) remedies.insert(remedies.begin(), kept_norm(cell, memory));
  return remedies;
}

}  // namespace shatterproof
