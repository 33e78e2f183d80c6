// SPDX-License-Identifier: Apache-2.0
#include "diagnose/readings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace shatterproof {

const Reading* find_reading(const Draw& draw, const std::string& name, ReadingType type) {
  for (const Reading& reading : draw.readings) {
    if (reading.name == name && reading.type == type && reading.is_defined() && !reading.values.empty())
      return &reading;
  }
  return nullptr;
}

Evidence evidence_of(const Reading& reading) {
  Evidence evidence;
  evidence.name = reading.name;
  evidence.tap = reading.tap;
  evidence.value = reading.value();
  evidence.bound = reading.bound;
  if (!reading.standard_error.empty()) evidence.standard_error = reading.standard_error[0];
  return evidence;
}

Evidence evidence_at(const Reading& curve, size_t place, double healthy, const char* healthy_side) {
  Evidence evidence;
  evidence.name = curve.name;
  evidence.tap =
      place < curve.x_labels.size() ? curve.x_labels[place] : fmt::format("depth {:g}", curve.x[place]);
  evidence.value = curve.values[place];
  evidence.healthy = healthy;
  evidence.healthy_side = healthy_side;
  if (place < curve.standard_error.size()) evidence.standard_error = curve.standard_error[place];
  return evidence;
}

bool is_at_outputs(const Examination& examination, const Reading& curve, size_t place) {
  return place < curve.x_labels.size() && examination.at_outputs.contains(curve.x_labels[place]);
}

std::string some_of(const std::vector<std::string>& labels, const std::vector<size_t>& places) {
  constexpr size_t kShown = 3;
  std::vector<std::string> shown;
  for (size_t i = 0; i < std::min(kShown, places.size()); ++i) {
    shown.push_back(places[i] < labels.size() ? labels[places[i]] : std::to_string(places[i] + 1));
  }
  std::string text = fmt::format("{}", fmt::join(shown, ", "));
  if (places.size() > kShown) text += fmt::format(" and {} more", places.size() - kShown);
  return text;
}

int network_depth(const Examination& examination) {
  const auto& depth = examination.structure.depth;
  return depth.empty() ? 0 : *std::max_element(depth.begin(), depth.end());
}

}  // namespace shatterproof
