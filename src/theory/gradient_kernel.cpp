// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/gradient_kernel.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/theory/arc_cosine.h"

namespace shatterproof {
namespace {

using std::numbers::pi;

// A kernel at (x, x') with the derivatives that the next layer needs.
struct KernelJet {
  double value = 0, by_first = 0, by_second = 0, by_both = 0;
};

// K(x, x), which every layer keeps up to a factor, and d K(x, x) / dx.
struct Diagonal {
  double value = 0, slope = 0;
  double relative_slope() const { return value > 0 ? slope / value : 0; }
};

// One rectifier layer with He weights.
KernelJet rectified(const KernelJet& s, const Diagonal& first, const Diagonal& second) {
  const double size = std::sqrt(first.value * second.value);
  const double cosine = size > 0 ? std::clamp(s.value / size, -1.0, 1.0) : -1;
  const double active = 2 * coactive_part(cosine);
  const double d = size * std::sqrt(1 - cosine * cosine);
  const double slope = first.relative_slope(), slope_of_second = second.relative_slope();
  KernelJet next;
  next.value = size * arc_cosine_map(cosine);
  next.by_first = d * slope / (2 * pi) + active * s.by_first;
  next.by_second = d * slope_of_second / (2 * pi) + active * s.by_second;
  next.by_both = active * s.by_both + d * slope * slope_of_second / (4 * pi);
  if (d > 0) {
    const double a = s.by_first - s.value * slope / 2;
    const double a_of_second = s.by_second - s.value * slope_of_second / 2;
    next.by_both += a * a_of_second / (pi * d);
  }
  return next;
}

KernelJet mixed(const KernelJet& skip, double of_skip, const KernelJet& branch, double of_branch) {
  return {of_skip * skip.value + of_branch * branch.value,
          of_skip * skip.by_first + of_branch * branch.by_first,
          of_skip * skip.by_second + of_branch * branch.by_second,
          of_skip * skip.by_both + of_branch * branch.by_both};
}

// Weights of skip and branch that leave K(x, x) as it is.
KernelJet passed(const RectifierBlock& block, const KernelJet& state, const Diagonal& first,
                 const Diagonal& second) {
  KernelJet branch = state;
  for (int64_t l = 0; l < block.rectifiers; ++l) branch = rectified(branch, first, second);
  const double skip = block.skip * block.skip, scale = block.branch * block.branch;
  return mixed(state, skip / (skip + scale), branch, scale / (skip + scale));
}

double normal_distribution(double x) {
  return std::erfc(-x / std::numbers::sqrt2) / 2;
}

template <typename Entry>
CovarianceMatrix symmetric(size_t size, Entry entry) {
  CovarianceMatrix covariance = {size, std::vector<double>(size * size)};
  for (size_t i = 0; i < size; ++i) {
    throw_if_interrupted();
    for (size_t j = 0; j <= i; ++j) {
      covariance.values[i * size + j] = covariance.values[j * size + i] = entry(i, j);
    }
  }
  return covariance;
}

}  // namespace

CovarianceMatrix gradient_kernel(const RectifierStack& stack, double bias_std, std::span<const double> x) {
  if (stack.norm != RectifierStack::Norm::none) {
    reject("gradient_kernel", "networks with batch statistics are no Gaussian process of x", "a norm");
  }
  const double bias = bias_std * bias_std;
  const auto diagonal = [&](double at) { return Diagonal{at * at + bias, 2 * at}; };
  return symmetric(x.size(), [&](size_t i, size_t j) {
    if (i == j) return 1.0;
    KernelJet kernel = {x[i] * x[j] + bias, x[j], x[i], 1};
    for (const RectifierBlock& block : stack.blocks) {
      kernel = passed(block, kernel, diagonal(x[i]), diagonal(x[j]));
    }
    return kernel.by_both;
  });
}

CovarianceMatrix shallow_gradient_kernel(double bias_std, std::span<const double> x) {
  if (!(bias_std > 0)) {
    reject("shallow_gradient_kernel", "bias_std must be positive", std::to_string(bias_std));
  }
  return symmetric(x.size(),
                   [&](size_t i, size_t j) { return normal_distribution(std::min(x[i], x[j]) / bias_std); });
}

}  // namespace shatterproof
