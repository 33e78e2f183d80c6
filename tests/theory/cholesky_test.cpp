// SPDX-License-Identifier: Apache-2.0
#include "theory/cholesky.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "shatterproof/core/random.h"

namespace shatterproof::cholesky_test {
namespace {

constexpr double kRounding = 1e-12;

std::vector<double> product(const CholeskyFactor& factor) {
  std::vector<double> matrix(factor.size * factor.size);
  for (size_t i = 0; i < factor.size; ++i) {
    for (size_t j = 0; j < factor.size; ++j) {
      for (size_t k = 0; k < factor.rank; ++k) {
        matrix[i * factor.size + j] +=
            factor.values[i * factor.rank + k] * factor.values[j * factor.rank + k];
      }
    }
  }
  return matrix;
}

void expect_near(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], tolerance) << i;
}

// G G^T for a Gaussian G of `columns` columns.
std::vector<double> random_covariance(size_t size, size_t columns) {
  CholeskyFactor random = {size, columns, std::vector<double>(size * columns)};
  RandomStream(7, "covariance").gaussian(random.values);
  return product(random);
}

TEST(Cholesky, OfAKnownMatrixTakesTheLargestVarianceFirst) {
  const CholeskyFactor factor = cholesky({1, 2, 2, 8}, 2);  // F = [2/sqrt 8, sqrt 1/2; sqrt 8, 0]
  ASSERT_EQ(factor.rank, 2U);
  expect_near(factor.values, {2 / std::sqrt(8), std::sqrt(.5), std::sqrt(8), 0}, kRounding);
}

TEST(Cholesky, MultipliedByItselfIsTheMatrix) {
  const std::vector<double> matrix = random_covariance(30, 40);
  const CholeskyFactor factor = cholesky(matrix, 30);
  EXPECT_EQ(factor.rank, 30U);
  expect_near(product(factor), matrix, 100 * kRounding);
}

TEST(Cholesky, StopsAtTheRankOfTheMatrix) {
  const std::vector<double> matrix = random_covariance(30, 4);
  const CholeskyFactor factor = cholesky(matrix, 30);
  EXPECT_EQ(factor.rank, 4U);
  expect_near(product(factor), matrix, 100 * kRounding);
  EXPECT_EQ(cholesky(std::vector<double>(9), 3).rank, 0U);
}

TEST(Cholesky, TakesNegativeEigenvaluesWithinRoundingAsZero) {
  const CholeskyFactor factor = cholesky({1, 1, 1, 1 - 1e-16}, 2);
  EXPECT_EQ(factor.rank, 1U);
}

TEST(Cholesky, RefusesWhatIsNoMatrixOfVariances) {
  EXPECT_THROW(cholesky({1, 2, 3}, 2), std::invalid_argument);
  EXPECT_THROW(cholesky({std::numeric_limits<double>::quiet_NaN()}, 1), std::invalid_argument);
}

}  // namespace
}  // namespace shatterproof::cholesky_test
