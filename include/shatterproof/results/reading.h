// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shatterproof {

inline constexpr size_t kMostDrawValues = 4096;

enum class ReadingType { scalar, curve, matrix, histogram };

/// How the readings of several seeds are averaged.
enum class SeedMean {
  arithmetic,
  geometric,  ///< exp(mean log): of scales, which layer after layer of a draw multiplies
};

/// What a measurement found: numbers with their axes named, or *undefined* with the reason.
///
/// scalar: `values` has one entry. curve: `values[i]` at `x[i]`. histogram: `values[i]` counts or fractions
/// in [x[i], x[i + 1]), so x has one entry more. matrix: `values` is row-major of `shape`. NaN and infinities
/// are allowed values. An undefined reading has no values and a `reason`.
struct Reading {
  std::string case_name;  ///< which of several networks or draws, empty when there is one
  std::string name;       ///< the measurement's name
  ReadingType type = ReadingType::scalar;
  std::string tap;           ///< the place it was read at; empty when it speaks of the whole network
  std::optional<int> depth;  ///< nonlinearities from the input to that place, see Structure::depth
  std::string x_name;        ///< the axis of a curve or histogram: "depth", "lag", "position", ...
  std::vector<double> x;
  std::vector<std::string> x_labels;  ///< names of the taps along a depth axis, or empty
  std::vector<double> values;
  std::vector<int64_t> shape;
  std::vector<double> standard_error;  ///< over seeds, one per value, or empty
  SeedMean over_seeds = SeedMean::arithmetic;
  /// Behind a mean over several seeds: each draw's values in the order of seeds, one after the other, so that
  /// two results can be compared seed by seed; NaN for an undefined draw. Empty where that would be more than
  /// kMostDrawValues numbers.
  std::vector<double> draws;
  int64_t n = 1;                ///< seeds (or examples of a mean) behind the values
  int64_t undefined_count = 0;  ///< seeds left out of the mean because their reading was undefined
  std::string bound;            ///< "" exact; ">" or "<" when the value is only a bound, as a length "> 1"
  std::string undefined;        ///< the reason; empty when defined
  std::string functional, batch_norm;  ///< how it was measured; travels with every reading

  bool is_defined() const { return undefined.empty(); }
  /// The one value of a scalar. Precondition: defined, scalar.
  double value() const;
};

Reading scalar_reading(std::string name, double value);
Reading curve_reading(std::string name, std::string x_name, std::vector<double> x,
                      std::vector<double> values);
Reading histogram_reading(std::string name, std::string x_name, std::vector<double> edges,
                          std::vector<double> values);
Reading matrix_reading(std::string name, std::vector<int64_t> shape, std::vector<double> values);
Reading undefined_reading(std::string name, ReadingType type, std::string reason);

/// Mean over seeds with its standard error, sd / sqrt n (n - 1 in the variance; absent for n = 1).
///
/// Geometric where `over_seeds` says so: m = exp(mean log), standard error m times that of the mean log, so
/// that an error of 4 of them is one of 4 standard errors of the logarithm while these are small. A draw of 0
/// makes it 0, without a standard error (NaN) unless all are.
///
/// `draws` are readings of one measurement at one tap, one per seed. Undefined ones are counted in
/// `undefined_count`; the result is undefined only when all are. A bound is kept when most draws share it.
/// Throws std::invalid_argument when the axes differ or `draws` is empty.
Reading mean_over_seeds(const std::vector<Reading>& draws);

std::string_view to_string(ReadingType type);

/// The first reading of that name, of the type and at the tap when these are given; nullptr when there is
/// none.
const Reading* find(std::span<const Reading> readings, std::string_view name,
                    std::optional<ReadingType> type = {}, std::string_view tap = {});
/// Whether two readings are of one measurement at one place: of several draws, or theory beside measurement.
bool same_place(const Reading& a, const Reading& b);

}  // namespace shatterproof
