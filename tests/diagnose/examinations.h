// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/diagnose/catalog.h"

namespace shatterproof {

// Readings as a healthy network of 10 layers gives them, to be made sick one at a time.
inline Draw healthy_draw() {
  Draw draw;
  draw.readings = {scalar_reading("correlation_length", .6),
                   scalar_reading("gradient_signal_to_noise", 1),
                   curve_reading("gradient_correlation", "depth", {1, 2}, {.5, 1}),
                   scalar_reading("end_to_end_gain", 1),
                   curve_reading("gradient_mean_square", "depth", {1, 2}, {1, 1}),
                   curve_reading("preactivation_std", "depth", {1, 2}, {1, 1}),
                   curve_reading("activation_fraction", "depth", {1, 2}, {.5, .5}),
                   curve_reading("bimodality", "depth", {1, 2}, {0, 0}),
                   curve_reading("gradient_scale_coefficient", "depth", {0, 20}, {1, 1}),
                   curve_reading("pseudo_linearity", "depth", {1, 2}, {.27, .27}),
                   curve_reading("sign_diversity", "depth", {1, 2}, {.5, .5}),
                   scalar_reading("nonlinearity_coefficient", 2)};
  return draw;
}

inline Reading& reading(Draw& draw, const std::string& name) {
  for (Reading& reading : draw.readings) {
    if (reading.name == name) return reading;
  }
  throw std::invalid_argument(name);
}

inline Examination examination_of(const std::vector<Draw>& draws) {
  Examination examination;
  examination.structure = structure(build_family("feedforward:depth=10,width=8,input=8"));
  examination.examples = 259;  // the floor is 1/16
  examination.input_numbers = 8;
  examination.output_numbers = 8;
  examination.activation = "relu";
  examination.draws = draws;
  examination.mean = draws.front();
  return examination;
}

// What makes a gradient large or small from end to end shows along the depth as well.
inline Draw sick_draw(const std::string& name, double value) {
  Draw draw = healthy_draw();
  reading(draw, name).values[0] = value;
  if (name == "end_to_end_gain" && value > 0) reading(draw, "gradient_mean_square").values[0] = value * value;
  return draw;
}

inline const Finding* find(const Diagnosis& diagnosis, const std::string& id) {
  return shatterproof::find(diagnosis.findings, id);
}

inline Rehearsal rehearsed(RehearsalVerdict verdict) {
  Rehearsal rehearsal;
  rehearsal.verdict = verdict;
  rehearsal.constant_loss = 2;
  rehearsal.level = verdict == RehearsalVerdict::learns ? .1 : 1.9;
  rehearsal.reason = "as told";
  return rehearsal;
}

inline Examination with_rehearsal(Examination examination, RehearsalVerdict verdict) {
  examination.rehearsal = rehearsed(verdict);
  return examination;
}

}  // namespace shatterproof
