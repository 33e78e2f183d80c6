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
  /// Biased (1 / rows) variance of a column. Precondition: rows > 0.
  double variance(size_t column) const;
  int64_t rows = 0;
  std::vector<double> shift, sums, squares;
};

}  // namespace shatterproof
