// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace shatterproof {

/// Numbers per column of [rows, columns] matrices that arrive piece by piece. Sums in double, added row by
/// row, so that neither the number of threads nor the way rows are split into pieces changes them beyond
/// rounding.
///
/// `tensor` below is [rows, ...] of any floating dtype on any device; its axes after the first are the
/// columns. A piece with other columns than the first one throws std::invalid_argument.

/// [rows, columns] of a tensor, contiguous, float or double (what is neither becomes float), on its own
/// device.
at::Tensor as_rows(const at::Tensor& tensor);

/// Throws std::invalid_argument unless a piece has as many columns as those before it.
void check_columns(int64_t columns_before, int64_t columns);

/// Sum per column.
struct ColumnSums {
  void add(const at::Tensor& tensor);
  int64_t rows = 0;
  std::vector<double> sums;
  double squares = 0;  ///< of all entries; not finite when one was not
};

/// Sum of the squares of all entries.
struct SquareSum {
  void add(const at::Tensor& tensor);
  int64_t entries = 0;
  double squares = 0;  ///< not finite when an entry was not
};

/// How often each column was positive.
struct PositiveCounts {
  void add(const at::Tensor& tensor);
  int64_t rows = 0;
  std::vector<int32_t> counts;
  bool finite = true;  ///< whether every entry was
};

/// Mean and variance per column, about the first row so that a large mean costs no digits.
struct ColumnMoments {
  void add(const at::Tensor& tensor);
  /// Precondition of both: rows > 0.
  double mean(size_t column) const;
  double variance(size_t column) const;  ///< biased: 1 / rows
  int64_t rows = 0;
  std::vector<double> shift, sums, squares;
};

}  // namespace shatterproof
