// SPDX-License-Identifier: Apache-2.0
#include "diagnose/gain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnose/readings.h"

namespace shatterproof {
namespace {

double healthy_gain(const Examination& examination) {
  if (examination.input_numbers <= 0 || examination.output_numbers <= 0) return 1;
  return std::sqrt(static_cast<double>(examination.output_numbers) /
                   static_cast<double>(examination.input_numbers));
}

}  // namespace

std::optional<double> gain_multiple(const Examination& examination, const Draw& draw) {
  const Reading* gain = find_reading(draw, "end_to_end_gain", ReadingType::scalar);
  if (!gain || !std::isfinite(gain->value())) return {};
  return gain->value() / healthy_gain(examination);
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

bool inputs_explain(const Examination& examination, double multiple, double allowed) {
  const double by_weights = multiple / examination.input_std;
  return by_weights <= allowed && by_weights >= 1 / allowed;
}

std::string scale_inputs(const Examination& examination) {
  return fmt::format(
      "scale the inputs: their standard deviation is {:.3g}, networks expect about 1 (--scale, --mean, "
      "--std here; the same in training)",
      examination.input_std);
}

}  // namespace shatterproof
