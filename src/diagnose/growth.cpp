// SPDX-License-Identifier: Apache-2.0
#include "diagnose/growth.h"

#include <algorithm>
#include <cmath>

#include "diagnose/readings.h"
#include "shatterproof/theory/growth.h"

namespace shatterproof {
namespace {

// Orthogonal weights have no floor, trained ones are drawn by nobody, and skips dilute it.
bool has_floor(const Examination& examination) {
  const std::string& scheme = examination.initializer;
  return examination.initial_weights && examination.structure.residual_sums.empty() &&
         scheme.find("orthogonal") == std::string::npos && !scheme.starts_with("looks_linear");
}

}  // namespace

std::optional<Growth> growth_of(const Examination& examination, const Draw& draw) {
  const Reading* curve = find_reading(draw, "gradient_scale_coefficient", ReadingType::curve);
  if (!curve || !std::isfinite(curve->values.front())) return {};
  Growth growth;
  growth.total = curve->values.front();
  growth.layers = static_cast<int>(*std::max_element(curve->x.begin(), curve->x.end()) - curve->x.front());
  if (const Reading* rate = find_reading(draw, "gradient_growth", ReadingType::scalar))
    growth.rate = rate->value();
  if (const Reading* fit = find_reading(draw, "gradient_growth_fit", ReadingType::scalar))
    growth.fit = fit->value();
  const Reading* widths = find_reading(draw, "inverse_width", ReadingType::scalar);
  if (widths && has_floor(examination)) growth.floor = width_floor(widths->value());
  return growth;
}

std::optional<Nonlinearity> nonlinearity_in_theory(const Examination& examination) {
  for (const Nonlinearity& known : nonlinearities()) {
    if (known.name == examination.activation) return known;
  }
  return {};
}

double normalized_rate(const Examination& examination, const Growth& growth) {
  const bool is_normalized = examination.normalizes_batch || examination.normalizes_layer;
  const std::optional<Nonlinearity> phi = nonlinearity_in_theory(examination);
  return is_normalized || !phi ? growth.rate : batch_norm_growth(*phi);
}

double growth_with_skips(double rate, int layers, double beta) {
  double total = 1;
  for (int b = 0; b < layers; ++b) total *= diluted_growth(rate, std::sqrt(1 / (beta * beta) + b));
  return total;
}

double growth_with_scaled_branches(double total, int blocks, double dilution, double factor) {
  const double block = std::pow(total, 1.0 / std::max(1, blocks));
  const double own = std::sqrt(std::max(0.0, 1 + (block * block - 1) * (dilution * dilution + 1)));
  return std::pow(diluted_growth(own, dilution / factor), blocks);
}

double gain_with_scaled_branches(double total, int blocks, double factor) {
  const double square = std::pow(total, 2.0 / std::max(1, blocks));
  return std::pow(1 + factor * factor * (square - 1), 0.5 * blocks);
}

}  // namespace shatterproof
