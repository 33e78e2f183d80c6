// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <optional>

#include "shatterproof/initializer/law.h"

namespace shatterproof {

/// What a table of numbers [rows, columns] says of the distribution it was drawn from.
struct Moments {
  int64_t count = 0;
  double mean = 0;
  double variance = 0;  ///< about the mean
  double kurtosis = 0;  ///< E (x - mean)^4 / variance^2
  double extreme = 0;   ///< largest |x - mean|
  double least = 0, most = 0;
  double rounding = 0;  ///< that of the numbers, `rounding_of`
  /// By how many standard errors fewer numbers lie near the ends of their range than independent uniform ones
  /// do: the largest over parts of the range. Only of numbers as flat as those, and enough of them.
  std::optional<double> bluntness;

  /// Of one axis: whether all its lines have the same mean and the same spread, as independent numbers have.
  struct Evenness {
    int64_t lines = 0, length = 0;
    double sums = 0;      ///< sum over lines of (line's sum)^2 / (length variance): about `lines`
    double energies = 0;  ///< variance over lines of the mean square, over variance^2
  };
  std::array<Evenness, 2> axes;  ///< rows, columns; lines that are all zero left out

  double second_moment() const { return variance + mean * mean; }
};

/// By how much of itself a number in double may have been rounded: 2^-8 where all are numbers of bfloat16,
/// 2^-11 of float16, else 0.
double rounding_of(const at::Tensor& numbers);

/// In double; lines of zeros, as of padding tokens, are left out. O(numbers).
Moments moments(const at::Tensor& table);

/// By how many standard errors the numbers miss the distribution, whatever its mean and spread: the largest
/// over kurtosis, extreme, and evenness of rows and of columns. About 1 to 3 where they follow it; 0 for
/// fewer than 32 numbers, which follow anything.
///
///   kurtosis   ln b2 against its error sqrt((m8 - 4 m4 m6 + 4 m4^3 - m4^2) / n) / m4
///   extreme    flat, truncated: half the range against the bound that the spread gives;
///              Gaussian: n P(|z| > extreme)
///   evenness   chi squared, by the cube root of Wilson and Hilferty (1931)
double departure(const Moments& found, Distribution distribution);

/// By how many standard errors the second moment misses `variance` about `mean`.
double misfit(const Moments& found, Distribution distribution, double mean, double variance);

/// Whether the extreme of uniform numbers is where the bounds mean +- sqrt(3 variance) are: not beyond, and
/// not far below, by more than they were rounded.
bool reaches_bound(const Moments& found, double mean, double variance);

}  // namespace shatterproof
