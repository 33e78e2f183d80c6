// SPDX-License-Identifier: Apache-2.0
#include "measure/column_sums.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

// Columns at a time: their accumulators stay in the first cache while all rows pass.
constexpr int64_t kBlock = 1024;

template <typename T>
void start(std::vector<T>& accumulators, int64_t columns, int64_t rows_so_far) {
  if (rows_so_far == 0) accumulators.assign(static_cast<size_t>(columns), T{});
  check_columns(static_cast<int64_t>(accumulators.size()), columns);
}

// add_block(first row's pointer, columns in the block, first column) for each block of columns.
template <typename Visit>
void each_block(const at::Tensor& rows, Visit visit) {
  for (int64_t first = 0; first < rows.size(1); first += kBlock)
    visit(first, std::min(kBlock, rows.size(1) - first));
}

template <typename T>
double add_sums(const T* x, int64_t rows, int64_t stride, int64_t columns, double* sums) {
  double squares[kBlock] = {};
  for (int64_t i = 0; i < rows; ++i, x += stride) {
    for (int64_t j = 0; j < columns; ++j) {
      const auto value = static_cast<double>(x[j]);
      sums[j] += value;
      squares[j] += value * value;
    }
  }
  return std::accumulate(squares, squares + columns, 0.0);
}

template <typename T>
double sum_squares(const T* x, int64_t rows, int64_t stride, int64_t columns) {
  double squares[kBlock] = {};
  for (int64_t i = 0; i < rows; ++i, x += stride) {
    for (int64_t j = 0; j < columns; ++j) squares[j] += static_cast<double>(x[j]) * static_cast<double>(x[j]);
  }
  return std::accumulate(squares, squares + columns, 0.0);
}

template <typename T>
bool add_counts(const T* x, int64_t rows, int64_t stride, int64_t columns, int32_t* counts) {
  constexpr T kLargest = std::numeric_limits<T>::max();
  int32_t not_finite = 0;
  for (int64_t i = 0; i < rows; ++i, x += stride) {
    for (int64_t j = 0; j < columns; ++j) {
      counts[j] += x[j] > 0 ? 1 : 0;
      not_finite |= std::abs(x[j]) <= kLargest ? 0 : 1;
    }
  }
  return not_finite == 0;
}

template <typename T>
void add_moments(const T* x, int64_t rows, int64_t stride, int64_t columns, const double* shift, double* sums,
                 double* squares) {
  for (int64_t i = 0; i < rows; ++i, x += stride) {
    for (int64_t j = 0; j < columns; ++j) {
      const double value = static_cast<double>(x[j]) - shift[j];
      sums[j] += value;
      squares[j] += value * value;
    }
  }
}

// A tensor that lives on an accelerator is reduced there: only one number per column crosses over.
template <typename T>
void add_reduced(const at::Tensor& reduced, at::ScalarType dtype, std::vector<T>& accumulators) {
  const at::Tensor here = reduced.to(at::kCPU, dtype).contiguous();
  const T* values = here.data_ptr<T>();
  for (size_t j = 0; j < accumulators.size(); ++j) accumulators[j] += values[j];
}

template <typename Visit>
void with_pointer(const at::Tensor& rows, Visit visit) {
  if (rows.scalar_type() == at::kDouble) {
    visit(rows.data_ptr<double>());
  } else {
    visit(rows.data_ptr<float>());
  }
}

}  // namespace

at::Tensor as_rows(const at::Tensor& tensor) {
  at::Tensor rows = tensor.detach();
  if (rows.scalar_type() != at::kDouble) rows = rows.to(at::kFloat);
  if (rows.dim() == 0) rows = rows.reshape({1, 1});
  const int64_t columns = rows.size(0) == 0 ? 0 : rows.numel() / rows.size(0);
  return rows.reshape({rows.size(0), columns}).contiguous();
}

void check_columns(int64_t columns_before, int64_t columns) {
  if (columns_before == columns) return;
  reject("measure", "every mini-batch must have as many numbers per example as the first",
         std::to_string(columns));
}

void ColumnSums::add(const at::Tensor& tensor) {
  const at::Tensor matrix = as_rows(tensor);
  start(sums, matrix.size(1), rows);
  rows += matrix.size(0);
  if (!matrix.is_cpu()) {
    add_reduced(matrix.sum(0, false, at::kDouble), at::kDouble, sums);
    squares += matrix.to(at::kDouble).square().sum().item<double>();
    return;
  }
  with_pointer(matrix, [&](const auto* x) {
    each_block(matrix, [&](int64_t first, int64_t columns) {
      squares += add_sums(x + first, matrix.size(0), matrix.size(1), columns, sums.data() + first);
    });
  });
}

void SquareSum::add(const at::Tensor& tensor) {
  const at::Tensor matrix = as_rows(tensor);
  entries += matrix.numel();
  if (!matrix.is_cpu()) {
    squares += matrix.to(at::kDouble).square().sum().item<double>();
    return;
  }
  with_pointer(matrix, [&](const auto* x) {
    each_block(matrix, [&](int64_t first, int64_t columns) {
      squares += sum_squares(x + first, matrix.size(0), matrix.size(1), columns);
    });
  });
}

void PositiveCounts::add(const at::Tensor& tensor) {
  const at::Tensor matrix = as_rows(tensor);
  start(counts, matrix.size(1), rows);
  rows += matrix.size(0);
  if (!matrix.is_cpu()) {
    add_reduced((matrix > 0).sum(0), at::kInt, counts);
    finite = finite && matrix.isfinite().all().item<bool>();
    return;
  }
  with_pointer(matrix, [&](const auto* x) {
    each_block(matrix, [&](int64_t first, int64_t columns) {
      const bool all_finite =
          add_counts(x + first, matrix.size(0), matrix.size(1), columns, counts.data() + first);
      finite = finite && all_finite;
    });
  });
}

void ColumnMoments::add(const at::Tensor& tensor) {
  const at::Tensor matrix = as_rows(tensor);
  start(sums, matrix.size(1), rows);
  start(squares, matrix.size(1), rows);
  if (rows == 0 && matrix.size(0) > 0) {
    shift.assign(sums.size(), 0.0);
    add_reduced(matrix.select(0, 0), at::kDouble, shift);
  }
  rows += matrix.size(0);
  if (!matrix.is_cpu()) {
    const at::Tensor about = at::from_blob(shift.data(), {matrix.size(1)}, at::kDouble).to(matrix.device());
    const at::Tensor shifted = matrix.to(at::kDouble) - about;
    add_reduced(shifted.sum(0), at::kDouble, sums);
    add_reduced(shifted.square().sum(0), at::kDouble, squares);
    return;
  }
  with_pointer(matrix, [&](const auto* x) {
    each_block(matrix, [&](int64_t first, int64_t columns) {
      add_moments(x + first, matrix.size(0), matrix.size(1), columns, shift.data() + first,
                  sums.data() + first, squares.data() + first);
    });
  });
}

double ColumnMoments::mean(size_t column) const {
  return shift[column] + sums[column] / static_cast<double>(rows);
}

double ColumnMoments::variance(size_t column) const {
  const auto n = static_cast<double>(rows);
  const double mean = sums[column] / n;
  const double variance = squares[column] / n - mean * mean;
  return variance > 0 || std::isnan(variance) ? variance : 0;
}

}  // namespace shatterproof
