// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace shatterproof {

/// F with A = F F^T for a symmetric, positive semidefinite A: `size` rows of `rank` numbers.
struct CholeskyFactor {
  size_t size = 0;
  size_t rank = 0;
  std::vector<double> values;
};

/// Cholesky decomposition with pivoting: the largest remaining diagonal entry next, until none is left that
/// exceeds size * 2^-52 times the first. What is left then is rounding, negative eigenvalues included, and is
/// taken as 0. `matrix` is row-major; its upper triangle is not read. O(size rank^2).
/// Throws std::invalid_argument when it is not size x size or holds a NaN on its diagonal.
CholeskyFactor cholesky(const std::vector<double>& matrix, size_t size);

}  // namespace shatterproof
