// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/mean_field.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "shatterproof/theory/gaussian_expectation.h"

namespace shatterproof {
namespace {

constexpr int kMostLayersToSettle = 2000;
constexpr double kSettled = 1e-13;
constexpr double kGone = 1e-12;     // a length that keeps falling
constexpr double kCritical = 1e-9;  // distance of a slope from 1 within which it is 1

// Kinks of z -> phi(a + b z).
std::vector<double> kinks_of(const Nonlinearity& phi, double a, double b) {
  std::vector<double> kinks;
  if (b != 0) {
    for (const double kink : phi.kinks) kinks.push_back((kink - a) / b);
  }
  return kinks;
}

// E g(u) g(u') for two Gaussians of variance q and correlation c, g smooth between the kinks of phi.
template <typename Function>
double pair_expectation(const Nonlinearity& phi, double q, double c, Function g) {
  const double along = std::sqrt(q) * c, across = std::sqrt(q * std::max(0.0, 1 - c * c));
  const auto of_other = [&](double z) {
    const double mean = along * z;
    if (across == 0) return g(mean);
    const auto inner = [&](double other) { return g(mean + across * other); };
    return gaussian_expectation(inner, kinks_of(phi, mean, across));
  };
  const auto outer = [&](double z) { return g(std::sqrt(q) * z) * of_other(z); };
  return gaussian_expectation(outer, kinks_of(phi, 0, std::sqrt(q)));
}

// dq'/dq = sigma_w^2 E phi(u) phi'(u) z / sqrt(q).
double length_map_slope(const Nonlinearity& phi, const DrawVariances& draw, double q) {
  const double root = std::sqrt(q);
  const auto product = [&](double z) { return phi.value(root * z) * phi.derivative(root * z) * z; };
  return draw.weight * gaussian_expectation(product, kinks_of(phi, 0, root)) / root;
}

// The map is convex on [0, 1], a power series without negative coefficients: Newton's method from 0 ends at
// its smallest fixed point.
double settled_correlation(const Nonlinearity& phi, const DrawVariances& draw, double q) {
  double c = 0;
  for (int step = 0; step < 50; ++step) {
    const double ahead = correlation_map(phi, draw, q, c) - c;
    if (std::abs(ahead) <= kSettled) break;
    c = std::min(1.0, c + ahead / (1 - correlation_map_slope(phi, draw, q, c)));
  }
  return c;
}

double depth_scale(double slope) {
  if (std::abs(slope - 1) < kCritical) return std::numeric_limits<double>::infinity();
  return slope <= 0 ? 0 : -1 / std::log(slope);
}

}  // namespace

LayerMoments layer_moments(const Nonlinearity& phi, double q) {
  const double root = std::sqrt(q);
  const GaussianRule rule = gaussian_rule(kinks_of(phi, 0, root));
  LayerMoments moments;
  for (size_t i = 0; i < rule.z.size(); ++i) {
    const double value = phi.value(root * rule.z[i]), slope = phi.derivative(root * rule.z[i]);
    moments.mean += rule.weight[i] * value;
    moments.mean_square += rule.weight[i] * value * value;
    moments.mean_slope += rule.weight[i] * slope;
    moments.slope_square += rule.weight[i] * slope * slope;
  }
  return moments;
}

double length_map(const Nonlinearity& phi, const DrawVariances& draw, double q) {
  return draw.weight * layer_moments(phi, q).mean_square + draw.bias;
}

double correlation_map(const Nonlinearity& phi, const DrawVariances& draw, double q, double c) {
  const double both = pair_expectation(phi, q, c, [&](double u) { return phi.value(u); });
  return (draw.weight * both + draw.bias) / length_map(phi, draw, q);
}

double correlation_map_slope(const Nonlinearity& phi, const DrawVariances& draw, double q, double c) {
  const double both = pair_expectation(phi, q, c, [&](double u) { return phi.derivative(u); });
  return draw.weight * q * both / length_map(phi, draw, q);
}

double chi_1(const Nonlinearity& phi, const DrawVariances& draw, double q) {
  return draw.weight * layer_moments(phi, q).slope_square;
}

std::optional<double> fixed_length(const Nonlinearity& phi, const DrawVariances& draw) {
  double q = 1;
  for (int layer = 0; layer < kMostLayersToSettle; ++layer) {
    const double next = length_map(phi, draw, q);
    if (!std::isfinite(next) || next < kGone) return {};
    if (std::abs(next - q) <= kSettled * q) return next;
    q = next;
  }
  return {};
}

std::optional<FixedPoint> fixed_point(const Nonlinearity& phi, const DrawVariances& draw) {
  const std::optional<double> q = fixed_length(phi, draw);
  if (!q) return {};
  FixedPoint point;
  point.length = *q;
  point.chi_1 = chi_1(phi, draw, *q);
  point.length_depth = depth_scale(length_map_slope(phi, draw, *q));
  const bool chaotic = point.chi_1 > 1 + kCritical;
  if (chaotic) point.correlation = settled_correlation(phi, draw, *q);
  point.correlation_depth =
      depth_scale(chaotic ? correlation_map_slope(phi, draw, *q, point.correlation) : point.chi_1);
  return point;
}

double inverse_width_sum(std::span<const int64_t> widths) {
  double sum = 0;
  for (const int64_t width : widths) sum += 1 / static_cast<double>(width);
  return sum;
}

}  // namespace shatterproof
