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

// The bias at which the gate forgets within the span: sigmoid(log T) = T / (T + 1).
double bias_for(const Memory& memory) {
  return std::max(1.0, std::log(static_cast<double>(std::max<int64_t>(memory.span, 2))));
}

std::string gate_bias(const RecurrentCell& cell, const Memory& memory) {
  const bool is_lstm = cell.cell == "LSTM";
  const double bias = bias_for(memory);
  const auto keeps = [&](double at) {
    return is_lstm ? lstm_growth(drawn_as(cell), {0, at, 0}).retention
                   : gru_growth(drawn_as(cell), at, 0).retention;
  };
  return fmt::format(
      "add {:.2g} (log of {} steps; 1 at least) to the bias of the {} gate: by theory a step then keeps "
      "{:.3g} of "
      "the state, now {:.2g}",
      bias, memory.span, is_lstm ? "forget" : "update", keeps(cell.kept + bias), keeps(cell.kept));
}

std::string orthogonal_weight(const RecurrentCell& cell) {
  if (cell.activation == "relu") {
    return fmt::format(
        "draw the recurrent weight as the identity, biases 0: {:g} per step by theory, now {:.2g}",
        identity_recurrent_growth(), recurrent_growth(nonlinearity_of("relu"), drawn_as(cell)));
  }
  const auto growth = [](double recurrent) {
    return recurrent_growth(nonlinearity_of("tanh"), {recurrent, kUsualDriven});
  };
  return fmt::format(
      "draw the recurrent weight orthogonal, or the identity with rectifiers, or take an LSTM: by theory "
      "{:.2g} "
      "per step orthogonal with tanh, {:g} the identity, now {:.2g}",
      growth(1), identity_recurrent_growth(), growth(drawn_as(cell).recurrent));
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

std::string longer_memory(const Examination& examination, const Memory& memory) {
  const RecurrentCell cell = last_cell(examination);
  const bool is_gated = cell.cell == "LSTM" || cell.cell == "GRU";
  return fmt::format(
      "{}; or let the output read every step (their mean), not the last alone; or cut the sequence to about "
      "{:.0f} "
      "steps",
      is_gated ? gate_bias(cell, memory) : orthogonal_weight(cell),
      std::ceil(8 * std::max(1.0, memory.length)));
}

std::string bounded_memory(const Examination& examination, const Memory& memory) {
  const RecurrentCell cell = last_cell(examination);
  std::string first = fmt::format("multiply the recurrent weight by {:.2g}", 1 / memory.rate);
  if (cell.cell == "RNN" || cell.cell == "unrolled")
    first += fmt::format(", or draw it orthogonal: {:.2g} per step by theory with tanh",
                         recurrent_growth(nonlinearity_of("tanh"), {1, kUsualDriven}));
  return first +
         "; clip the norm of gradients (at 1) in training; a layer norm inside the cell bounds its states";
}

}  // namespace shatterproof
