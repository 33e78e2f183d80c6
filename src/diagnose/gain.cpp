// SPDX-License-Identifier: Apache-2.0
#include "diagnose/gain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnose/readings.h"
#include "shatterproof/theory/growth.h"
#include "shatterproof/theory/nonlinearity.h"

namespace shatterproof {

double healthy_gain(const Examination& examination) {
  if (examination.input_numbers <= 0 || examination.output_numbers <= 0) return 1;
  return std::sqrt(static_cast<double>(examination.output_numbers) /
                   static_cast<double>(examination.input_numbers));
}

// A recurrence is no map of all steps' numbers at once: it is to forget most of them, and how fast is a
// question of time.
std::optional<double> gain_multiple(const Examination& examination, const Draw& draw) {
  if (!examination.recurrent_cells.empty()) return {};
  // Of columns that the network itself brings to one scale, those that are small make it large.
  constexpr double kOneScale = 10;
  if (examination.inputs.prepared && examination.inputs.deviation_ratio > kOneScale) return {};
  const Reading* gain = find_reading(draw, "end_to_end_gain", ReadingType::scalar);
  if (!gain || !std::isfinite(gain->value())) return {};
  return gain->value() / healthy_gain(examination);
}

std::optional<double> own_gain_multiple(const Examination& examination, const Draw& draw) {
  const std::optional<double> multiple = gain_multiple(examination, draw);
  const InputFacts& inputs = examination.inputs;
  if (!multiple || examination.normalizes() || !inputs.real || !(inputs.deviation > 0)) return multiple;
  return *multiple / inputs.deviation;
}

bool spans_layers(const Examination& examination) {
  return examination.structure.layers.size() > 1;
}

std::optional<double> gain_along_depth(const Draw& draw) {
  const Reading* curve = find_reading(draw, "gradient_mean_square", ReadingType::curve);
  if (!curve || curve->values.size() < 2) return {};
  const double first = curve->values.front(), last = curve->values.back();
  if (!(first > 0) || !(last > 0) || !std::isfinite(first) || !std::isfinite(last)) return {};
  return std::sqrt(first / last);
}

std::string gain_sentence(const Examination& examination, double multiple) {
  const double layers = std::max<double>(1, static_cast<double>(examination.structure.layers.size()));
  return fmt::format("a change of the input reaches the output {:.3g} times {} (a factor {:.3g} per layer)",
                     multiple > 1 ? multiple : 1 / multiple, multiple > 1 ? "enlarged" : "diminished",
                     std::pow(multiple, 1 / layers));
}

Evidence gain_evidence(const Examination& examination, const Draw& draw, const char* side) {
  Evidence evidence = evidence_of(*find_reading(draw, "end_to_end_gain", ReadingType::scalar));
  evidence.healthy = healthy_gain(examination);
  evidence.healthy_side = side;
  return evidence;
}

// Rectifiers and the identity keep relative changes.
bool keeps_relative_changes(const std::string& activation) {
  constexpr double kRounding = 1e-6;
  return std::ranges::any_of(nonlinearities(), [&](const Nonlinearity& known) {
    return known.name == activation && std::abs(layer_growth(known) - 1) < kRounding;
  });
}

Remedy right_variance(const Examination& examination) {
  // Many linear maps of the right variance leave some directions far behind others (Saxe et al. 2014).
  const bool is_linear = examination.activation.empty();
  const char* scheme = is_linear                                        ? "orthogonal:gain=1"
                       : keeps_relative_changes(examination.activation) ? "he"
                                                                        : "lecun";
  return {.kind = Remedy::Kind::redraw, .scheme = scheme};
}

Remedy learned_slopes() {
  return {.kind = Remedy::Kind::replace_nonlinearity, .scheme = "prelu"};
}

bool have_right_variance(const Examination& examination) {
  const auto drawn = [&](const char* scheme) { return examination.initializer.starts_with(scheme); };
  const bool is_linear = examination.activation.empty();
  if (!is_linear && !keeps_relative_changes(examination.activation)) return false;
  return drawn("looks_linear") || drawn("orthogonal") || drawn(is_linear ? "lecun" : "he") ||
         examination.provenance.law.starts_with("he");
}

}  // namespace shatterproof
