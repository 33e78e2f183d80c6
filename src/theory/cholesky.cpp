// SPDX-License-Identifier: Apache-2.0
#include "theory/cholesky.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"

namespace shatterproof {
namespace {

// A row of F per row of A; rows are never moved, only the order in which they become pivots.
class Elimination {
 public:
  Elimination(const std::vector<double>& matrix, size_t size)
      : matrix_(matrix), size_(size), rows_(size * size, 0.0), remaining_(size), done_(size, false) {
    for (size_t i = 0; i < size; ++i) remaining_[i] = matrix[i * size + i];
  }

  // Eliminates along the largest remaining variance; false when that is no more than rounding.
  bool eliminate(double smallest) {
    const size_t pivot = largest();
    if (pivot == size_ || !(remaining_[pivot] > smallest)) return false;
    const double root = std::sqrt(remaining_[pivot]);
    done_[pivot] = true;
    row(pivot)[rank_] = root;
    for (size_t i = 0; i < size_; ++i) {
      if (done_[i]) continue;
      const double inner = std::inner_product(row(i), row(i) + rank_, row(pivot), 0.0);
      const double entry = (entry_of(i, pivot) - inner) / root;
      row(i)[rank_] = entry;
      remaining_[i] -= entry * entry;
    }
    ++rank_;
    return true;
  }

  CholeskyFactor factor() const {
    CholeskyFactor factor = {size_, rank_, {}};
    for (size_t i = 0; i < size_; ++i) {
      const double* begin = rows_.data() + i * size_;
      factor.values.insert(factor.values.end(), begin, begin + rank_);
    }
    return factor;
  }

  double greatest() const { return size_ == 0 ? 0 : *std::max_element(remaining_.begin(), remaining_.end()); }

 private:
  double* row(size_t i) { return rows_.data() + i * size_; }
  double entry_of(size_t i, size_t j) const { return matrix_[std::max(i, j) * size_ + std::min(i, j)]; }

  size_t largest() const {
    size_t best = size_;
    for (size_t i = 0; i < size_; ++i) {
      if (!done_[i] && (best == size_ || remaining_[i] > remaining_[best])) best = i;
    }
    return best;
  }

  const std::vector<double>& matrix_;
  size_t size_, rank_ = 0;
  std::vector<double> rows_, remaining_;
  std::vector<bool> done_;
};

}  // namespace

CholeskyFactor cholesky(const std::vector<double>& matrix, size_t size) {
  if (matrix.size() != size * size) {
    reject("cholesky", "the matrix must be square", std::to_string(matrix.size()) + " numbers");
  }
  for (size_t i = 0; i < size; ++i) {
    if (std::isnan(matrix[i * size + i])) reject("cholesky", "variances must be numbers", "nan");
  }
  Elimination elimination(matrix, size);
  const double smallest =
      static_cast<double>(size) * std::numeric_limits<double>::epsilon() * elimination.greatest();
  while (elimination.eliminate(smallest)) throw_if_interrupted();
  return elimination.factor();
}

}  // namespace shatterproof
