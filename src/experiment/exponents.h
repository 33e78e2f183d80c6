// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string_view>

namespace shatterproof {

/// What a type of 16 bits can hold.
struct HalfType {
  double most = 65504;      ///< the largest finite number
  double infinite = 65520;  ///< from here on numbers are rounded to infinity
  int least_normal = -14;   ///< smaller than 2 to this: subnormal
  int zero = -25;           ///< up to 2 to this: rounded to zero
};
/// "float16" or "bfloat16". Throws std::invalid_argument otherwise, naming `operation`.
HalfType half_type(std::string_view name, std::string_view operation);

/// How many of the numbers of some tensors are of which size.
struct Exponents {
  /// Counts every number of the tensor times the factor, which is above 0.
  void add(const at::Tensor& tensor, double factor = 1);
  void add(const Exponents& other);

  /// Shares of all numbers that are rounded to infinity; to zero, not being zero; and below the least normal
  /// one, not being zero.
  double overflow() const { return static_cast<double>(infinite) / all(); }
  double underflow() const { return below(type.zero) / all(); }
  double subnormal() const { return below(type.least_normal) / all(); }
  /// How many numbers that are not zero lie below 2^power.
  double below(int power) const;
  double all() const { return static_cast<double>(numbers); }

  HalfType type;
  int64_t numbers = 0, zeros = 0, infinite = 0;
  double largest = 0;
  bool is_finite = true;
  std::map<int, int64_t> counts;  ///< of numbers in [2^e, 2^(e + 1)), by e
};

}  // namespace shatterproof
