// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/recurrent.h"

#include <algorithm>
#include <cmath>

#include "shatterproof/theory/gaussian_expectation.h"
#include "shatterproof/theory/mean_field.h"

namespace shatterproof {
namespace {

constexpr int kMostSteps = 2'000;
constexpr double kSettledRecurrence = 1e-13;  // relative change of a mean square in one step

double squared(double x) {
  return x * x;
}

// A gate s = sigmoid(bias + sqrt(q) z).
struct Gate {
  double mean = 0;          // E s
  double mean_square = 0;   // E s^2
  double slope_square = 0;  // E s'^2
};

// tanh of a centred Gaussian, and its slope sech^2.
struct Squashed {
  double mean_square = 0, mean_slope = 0, slope_square = 0;
};

// Expectations share one rule: it takes longer to make than to use.
class Expectations {
 public:
  Gate gate(double bias, double q) const {
    Gate gate;
    for (size_t i = 0; i < rule_.z.size(); ++i) {
      const double s = 1 / (1 + std::exp(-bias - std::sqrt(q) * rule_.z[i]));
      gate.mean += rule_.weight[i] * s;
      gate.mean_square += rule_.weight[i] * s * s;
      gate.slope_square += rule_.weight[i] * squared(s * (1 - s));
    }
    return gate;
  }

  Squashed squashed(double q) const {
    Squashed squashed;
    for (size_t i = 0; i < rule_.z.size(); ++i) {
      const double t = std::tanh(std::sqrt(q) * rule_.z[i]);
      squashed.mean_square += rule_.weight[i] * t * t;
      squashed.mean_slope += rule_.weight[i] * (1 - t * t);
      squashed.slope_square += rule_.weight[i] * squared(1 - t * t);
    }
    return squashed;
  }

 private:
  GaussianRule rule_ = gaussian_rule();
};

// Applies a step to a mean square until it stays.
template <typename Step>
double fixed_mean_square(Step step) {
  double m = 0;
  for (int t = 0; t < kMostSteps; ++t) {
    const double next = step(m);
    const bool is_settled = std::abs(next - m) <= kSettledRecurrence * next;
    m = next;
    if (is_settled || !std::isfinite(m)) break;
  }
  return m;
}

double coherent_factor(double p, double r, double independent) {
  const double v = std::max(0.0, independent - p - r);
  return std::sqrt(p + r + std::sqrt(4 * p * r + v * v));
}

// The larger eigenvalue of a matrix of numbers that are not negative.
double larger_eigenvalue(double a, double b, double c, double d) {
  return (a + d) / 2 + std::sqrt(squared((a - d) / 2) + b * c);
}

// A state whose part `kept` stays and to which `added` comes.
double stationary(double added, double kept) {
  return added / (1 - kept);
}

}  // namespace

double recurrent_growth(const Nonlinearity& phi, const RecurrentDraw& draw) {
  if (draw.recurrent == 0) return 0;
  const double mean_square = fixed_mean_square(
      [&](double m) { return layer_moments(phi, draw.recurrent * m + draw.driven).mean_square; });
  constexpr double kLargest = 1e12;  // far beyond any bend of a nonlinearity that is homogeneous there
  const double q = std::min(kLargest, draw.recurrent * mean_square + draw.driven);
  return std::sqrt(draw.recurrent * layer_moments(phi, q).slope_square);
}

double identity_recurrent_growth() {
  return 1;
}

GatedGrowth lstm_growth(const RecurrentDraw& draw, const LstmBiases& biases) {
  const Expectations e;
  const auto cell_square = [&](double q) {
    return stationary(e.gate(biases.input, q).mean_square * e.squashed(q).mean_square,
                      e.gate(biases.forget, q).mean_square);
  };
  const double m = fixed_mean_square([&](double h) {
    const double q = draw.recurrent * h + draw.driven;
    return e.gate(biases.output, q).mean_square * e.squashed(cell_square(q)).mean_square;
  });
  const double q = draw.recurrent * m + draw.driven;
  const Gate i = e.gate(biases.input, q), f = e.gate(biases.forget, q), o = e.gate(biases.output, q);
  const Squashed g = e.squashed(q), c = e.squashed(cell_square(q));
  // Of the gradient by c, what comes back through h, and what the gates i, f and the cell's input hand on.
  const double of_h = o.mean_square * c.slope_square;
  const double by_gates =
      g.mean_square * i.slope_square + cell_square(q) * f.slope_square + i.mean_square * g.slope_square;
  const double by_output = c.mean_square * o.slope_square;
  const double independent =
      larger_eigenvalue(draw.recurrent * (by_gates * of_h + by_output), draw.recurrent * by_gates,
                        f.mean_square * of_h, f.mean_square);
  const double p = squared(f.mean);
  const double r = draw.recurrent * squared(o.mean * c.mean_slope * i.mean * g.mean_slope);
  return {coherent_factor(p, r, independent), f.mean};
}

GatedGrowth gru_growth(const RecurrentDraw& draw, double update, double reset) {
  const Expectations e;
  const auto proposed = [&](double h) {
    const double q = draw.recurrent * h + draw.driven;
    return e.squashed(e.gate(reset, q).mean_square * draw.recurrent * h + draw.driven);
  };
  // E (1 - z)^2
  const auto replaced = [](const Gate& z) { return 1 - 2 * z.mean + z.mean_square; };
  const double m = fixed_mean_square([&](double h) {
    const Gate z = e.gate(update, draw.recurrent * h + draw.driven);
    return stationary(replaced(z) * proposed(h).mean_square, z.mean_square);
  });
  const double q = draw.recurrent * m + draw.driven;
  const Gate z = e.gate(update, q), r = e.gate(reset, q);
  const Squashed n = proposed(m);
  const double by_proposed = replaced(z) * n.slope_square;
  const double independent =
      z.mean_square + draw.recurrent * ((m + n.mean_square) * z.slope_square +
                                        by_proposed * (r.mean_square + draw.recurrent * m * r.slope_square));
  const double p = squared(z.mean);
  const double coherent = draw.recurrent * squared((1 - z.mean) * n.mean_slope * r.mean);
  return {coherent_factor(p, coherent, independent), z.mean};
}

}  // namespace shatterproof
