// SPDX-License-Identifier: Apache-2.0
#include "initializer/moments.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace shatterproof {
namespace {

// E z^4, z^6, z^8 of the distribution with variance 1, and the largest |z|, 0 where there is none.
struct Standardized {
  double fourth, sixth, eighth, bound;
};

Standardized standardized(Distribution distribution) {
  if (distribution == Distribution::flat) return {9. / 5, 27. / 7, 9, std::sqrt(3.)};
  if (distribution == Distribution::truncated_gaussian) return {2.3655, 7.4717, 27.19, 2.2737};
  return {3, 15, 105, 0};
}

// How far a variable with the mean and variance of a scaled chi squared is out, in standard errors.
double chi_squared_error(double value, double mean, double variance) {
  const double freedom = 2 * mean * mean / variance;
  const double shrink = 2 / (9 * freedom);
  return (std::cbrt(value / mean) - (1 - shrink)) / std::sqrt(shrink);
}

Moments::Evenness evenness(const at::Tensor& centred, double variance, int64_t over) {
  Moments::Evenness found;
  found.lines = centred.size(1 - over);
  found.length = centred.size(over);
  if (found.lines < 2 || found.length < 1 || variance <= 0) return found;
  found.sums =
      centred.sum(over).square().sum().item<double>() / (static_cast<double>(found.length) * variance);
  found.energies = centred.square().mean(over).var(/*unbiased=*/true).item<double>() / (variance * variance);
  return found;
}

double unevenness(const Moments::Evenness& axis, const Standardized& shape) {
  constexpr int64_t kFewestLines = 4, kShortest = 3;
  if (axis.lines < kFewestLines || axis.length < kShortest) return 0;
  const auto freedom = static_cast<double>(axis.lines - 1), length = static_cast<double>(axis.length);
  // Fourth cumulant of a line's sum; that of its energy from the eighth moment.
  const double of_sum = (shape.fourth - 3) / length;
  const double spread = shape.fourth - 1;
  const double of_square = (shape.eighth - 4 * shape.sixth + 6 * shape.fourth - 3) / (spread * spread) - 3;
  const double sums = chi_squared_error(axis.sums, freedom, freedom * std::max(.5, 2 + of_sum));
  const double energies = chi_squared_error(axis.energies * freedom * length / spread, freedom,
                                            freedom * std::max(.5, 2 + of_square / length));
  return std::max(sums, energies);
}

double extremity(const Moments& found, Distribution distribution, const Standardized& shape) {
  const double n = static_cast<double>(found.count), spread = std::sqrt(found.variance);
  if (distribution == Distribution::gaussian) {
    const double largest = found.extreme / spread;
    const double expected = n * std::erfc(largest / std::sqrt(2.));
    return expected < .1 ? std::sqrt(-2 * std::log(std::max(expected, 1e-300))) : 0;
  }
  // Of the bound that a measured spread gives.
  const double error = std::sqrt((shape.fourth - 1) / (4 * n));
  // Half the range, which the error of the mean does not shift.
  return ((found.most - found.least) / (2 * spread * shape.bound) - 1 - found.rounding) / error;
}

bool are_of_type(const at::Tensor& numbers, at::ScalarType type) {
  return numbers.to(type).to(at::kDouble).eq(numbers).all().item<bool>();
}

std::optional<double> bluntness(const at::Tensor& table, const Moments& found) {
  constexpr double kFlattest = 2.1, kFewest = 16, kLargestPart = .32, kStepsOfRounding = 8;
  const double half = (found.most - found.least) / 2, n = static_cast<double>(found.count);
  if (found.kurtosis > kFlattest || half <= 0 || n * kLargestPart < kFewest) return {};
  const at::Tensor share = (table - (found.least + half)).abs() / half;
  double worst = 0;
  for (double part = kLargestPart; n * part >= kFewest && part >= kStepsOfRounding * found.rounding;
       part /= 2) {
    const double near = share.gt(1 - part).sum().item<double>();
    worst = std::max(worst, (n * part - near) / std::sqrt(n * part * (1 - part)));
  }
  return worst;
}

}  // namespace

double rounding_of(const at::Tensor& numbers) {
  constexpr double kOfBfloat16 = 1. / 256, kOfFloat16 = 1. / 2048;
  if (are_of_type(numbers, at::kBFloat16)) return kOfBfloat16;
  return are_of_type(numbers, at::kHalf) ? kOfFloat16 : 0;
}

Moments moments(const at::Tensor& given) {
  Moments found;
  at::Tensor table = given.to(at::kDouble);
  const at::Tensor used_rows = table.ne(0).any(1), used_columns = table.ne(0).any(0);
  if (!used_rows.all().item<bool>()) table = table.index({used_rows});
  if (!used_columns.all().item<bool>()) table = table.index({at::Tensor(), used_columns});
  found.count = table.numel();
  if (found.count == 0) return found;
  found.mean = table.mean().item<double>();
  const at::Tensor centred = table - found.mean, squares = centred.square();
  found.variance = squares.mean().item<double>();
  if (found.variance > 0)
    found.kurtosis = squares.square().mean().item<double>() / (found.variance * found.variance);
  found.least = table.min().item<double>();
  found.most = table.max().item<double>();
  found.extreme = std::max(found.most - found.mean, found.mean - found.least);
  found.rounding = rounding_of(table);
  found.bluntness = bluntness(table, found);
  found.axes = {evenness(centred, found.variance, 1), evenness(centred, found.variance, 0)};
  return found;
}

double departure(const Moments& found, Distribution distribution) {
  constexpr int64_t kFewest = 32;
  if (found.count < kFewest || found.variance <= 0) return 0;
  const Standardized shape = standardized(distribution);
  const double n = static_cast<double>(found.count);
  const double error = std::sqrt((shape.eighth - 4 * shape.fourth * shape.sixth +
                                  4 * std::pow(shape.fourth, 3) - std::pow(shape.fourth, 2)) /
                                 n) /
                       shape.fourth;
  // The kurtosis of few numbers is biased: E b2 = 3 (n - 1) / (n + 1) for a Gaussian.
  const double expected = shape.fourth * (n - 1) / (n + 1);
  double worst = std::abs(std::log(found.kurtosis / expected)) / error;
  worst = std::max(worst, extremity(found, distribution, shape));
  for (const Moments::Evenness& axis : found.axes) worst = std::max(worst, unevenness(axis, shape));
  return worst;
}

double misfit(const Moments& found, Distribution distribution, double mean, double variance) {
  const Standardized shape = standardized(distribution);
  const double n = static_cast<double>(found.count);
  const double offset = found.mean - mean;
  const double spread = (found.variance + offset * offset) / variance;
  const double of_spread = std::abs(std::log(spread)) / std::sqrt((shape.fourth - 1) / n);
  return std::max(of_spread, std::abs(offset) / std::sqrt(variance / n));
}

bool reaches_bound(const Moments& found, double mean, double variance) {
  // At least that of float16: numbers may have been stored so and moved since, by a gain of 1.
  const double rounding = std::max(5e-4, found.rounding);
  constexpr double kFarBelow = 25;  // the largest of n is that many n-ths below the bound with e^-25
  const double share = std::max(mean - found.least, found.most - mean) / std::sqrt(3 * variance);
  return share <= 1 + rounding && share >= 1 - found.rounding - kFarBelow / static_cast<double>(found.count);
}

}  // namespace shatterproof
