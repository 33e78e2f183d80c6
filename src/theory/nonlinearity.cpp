// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/nonlinearity.h"

#include <cmath>
#include <numbers>

#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

using std::numbers::pi;

double rectified(double z, double slope) {
  return z > 0 ? z : slope * z;
}

double rectified_prime(double z, double slope) {
  return z > 0 ? 1 : slope;
}

double tanh_value(double z, double) {
  return std::tanh(z);
}

double tanh_prime(double z, double) {
  const double t = std::tanh(z);
  return 1 - t * t;
}

// Klambauer et al. (2017): E phi = 0 and E phi^2 = 1 under N(0, 1).
constexpr double kSeluScale = 1.0507009873554804934, kSeluAlpha = 1.6732632423543772848;

double selu(double z, double) {
  return kSeluScale * (z > 0 ? z : kSeluAlpha * std::expm1(z));
}

double selu_prime(double z, double) {
  return kSeluScale * (z > 0 ? 1 : kSeluAlpha * std::exp(z));
}

double normal_distribution(double z) {
  return std::erfc(-z / std::numbers::sqrt2) / 2;
}

double gelu(double z, double) {
  return z * normal_distribution(z);
}

double gelu_prime(double z, double) {
  return normal_distribution(z) + z * std::exp(-z * z / 2) / std::sqrt(2 * pi);
}

double identity(double z, double) {
  return z;
}

double one(double, double) {
  return 1;
}

}  // namespace

std::span<const Nonlinearity> nonlinearities() {
  static const std::vector<Nonlinearity> table = {
      {"relu", rectified, rectified_prime, {0}, {}},
      {"prelu", rectified, rectified_prime, {0}, 0.25},
      {"leaky_relu", rectified, rectified_prime, {0}, 0.01},
      {"tanh", tanh_value, tanh_prime, {}, {}},
      {"selu", selu, selu_prime, {0}, {}},
      {"gelu", gelu, gelu_prime, {}, {}},
      {"identity", identity, one, {}, {}},
  };
  return table;
}

Nonlinearity nonlinearity_of(std::string_view name, std::optional<double> slope) {
  std::vector<std::string> known;
  for (Nonlinearity found : nonlinearities()) {
    known.push_back(found.name);
    if (found.name != name) continue;
    if (slope && !found.slope) reject("activation", "only prelu and leaky_relu have a slope", name);
    if (slope) found.slope = slope;
    return found;
  }
  reject_unknown("network", "activation", name, known);
}

}  // namespace shatterproof
