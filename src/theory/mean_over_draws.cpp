// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/mean_over_draws.h"

#include <algorithm>

#include "shatterproof/core/interrupt.h"
#include "theory/cholesky.h"
#include "theory/running_mean.h"
#include "theory/sequence.h"

namespace shatterproof {
namespace {

std::vector<double> by_columns(const CholeskyFactor& factor) {
  std::vector<double> columns(factor.values.size());
  for (size_t i = 0; i < factor.size; ++i) {
    for (size_t k = 0; k < factor.rank; ++k)
      columns[k * factor.size + i] = factor.values[i * factor.rank + k];
  }
  return columns;
}

// Column by column: sums over rows wait for each addition, sums of columns are vectors.
void multiply(const std::vector<double>& columns, const std::vector<double>& normals,
              std::vector<double>& series) {
  std::fill(series.begin(), series.end(), 0.0);
  for (size_t k = 0; k < normals.size(); ++k) {
    const double* column = columns.data() + k * series.size();
    for (size_t i = 0; i < series.size(); ++i) series[i] += column[i] * normals[k];
  }
}

}  // namespace

MeanOverDraws mean_over_draws(const CovarianceMatrix& covariance, int64_t draws, uint64_t seed,
                              const std::function<std::vector<double>(std::span<const double>)>& statistic) {
  const CholeskyFactor factor = cholesky(covariance.values, covariance.size);
  RandomSequence sequence(seed, "gaussian_process");
  const std::vector<double> columns = by_columns(factor);
  std::vector<double> normals(factor.rank), series(factor.size);
  RunningMean mean;
  for (int64_t draw = 0; draw < draws; ++draw) {
    throw_if_interrupted();
    sequence.gaussian(normals);
    multiply(columns, normals, series);
    mean.add(statistic(series));
  }
  return mean.result();
}

}  // namespace shatterproof
