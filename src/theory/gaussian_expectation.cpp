// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/gaussian_expectation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace shatterproof {
namespace {

constexpr int kNodes = 20;
constexpr int kEnd = 12;  // beyond it lie 4e-33 of the weight
constexpr int kHalvings = 16;

struct LegendreRule {
  std::array<double, kNodes> node, weight;
};

// Roots of the Legendre polynomial by Newton's method, from the guess cos(pi (i + 3/4) / (n + 1/2)).
LegendreRule legendre_rule() {
  LegendreRule rule;
  for (int i = 0; i < kNodes; ++i) {
    double x = std::cos(std::numbers::pi * (i + .75) / (kNodes + .5)), slope = 1;
    for (int step = 0; step < 10; ++step) {
      double before = 1, value = x;
      for (int n = 2; n <= kNodes; ++n) {
        const double next = ((2 * n - 1) * x * value - (n - 1) * before) / n;
        before = value;
        value = next;
      }
      slope = kNodes * (x * value - before) / (x * x - 1);
      x -= value / slope;
    }
    rule.node[static_cast<size_t>(i)] = x;
    rule.weight[static_cast<size_t>(i)] = 2 / ((1 - x * x) * slope * slope);
  }
  return rule;
}

std::vector<double> panel_ends(std::span<const double> kinks) {
  std::vector<double> ends;
  for (int z = -kEnd; z <= kEnd; ++z) ends.push_back(z);
  std::vector<double> turns(kinks.begin(), kinks.end());
  turns.push_back(0);
  for (const double turn : turns) {
    ends.push_back(turn);
    for (int level = 1; level <= kHalvings; ++level) {
      for (const double side : {-1.0, 1.0}) ends.push_back(turn + side * std::exp2(-level));
    }
  }
  std::sort(ends.begin(), ends.end());
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  std::erase_if(ends, [](double end) { return !(std::abs(end) <= kEnd); });
  return ends;
}

}  // namespace

GaussianRule gaussian_rule(std::span<const double> kinks) {
  static const LegendreRule legendre = legendre_rule();
  GaussianRule rule;
  const std::vector<double> ends = panel_ends(kinks);
  for (size_t panel = 0; panel + 1 < ends.size(); ++panel) {
    const double middle = (ends[panel] + ends[panel + 1]) / 2, half = (ends[panel + 1] - ends[panel]) / 2;
    for (size_t i = 0; i < kNodes; ++i) {
      const double z = middle + half * legendre.node[i];
      rule.z.push_back(z);
      rule.weight.push_back(half * legendre.weight[i] * std::exp(-z * z / 2) /
                            std::sqrt(2 * std::numbers::pi));
    }
  }
  return rule;
}

const GaussianRule& smooth_gaussian_rule() {
  static const GaussianRule rule = gaussian_rule();
  return rule;
}

}  // namespace shatterproof
