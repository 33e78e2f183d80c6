// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/mean_over_draws.h"

#include "shatterproof/core/interrupt.h"
#include "theory/cholesky.h"
#include "theory/running_mean.h"
#include "theory/sequence.h"

namespace shatterproof {

MeanOverDraws mean_over_draws(const CovarianceMatrix& covariance, int64_t draws, uint64_t seed,
                              const std::function<std::vector<double>(std::span<const double>)>& statistic) {
  const CholeskyFactor factor = cholesky(covariance.values, covariance.size);
  RandomSequence sequence(seed, "gaussian_process");
  std::vector<double> normals(factor.rank), series(factor.size);
  RunningMean mean;
  for (int64_t draw = 0; draw < draws; ++draw) {
    throw_if_interrupted();
    sequence.gaussian(normals);
    for (size_t i = 0; i < factor.size; ++i) {
      const double* row = factor.values.data() + i * factor.rank;
      double sum = 0;
      for (size_t k = 0; k < factor.rank; ++k) sum += row[k] * normals[k];
      series[i] = sum;
    }
    mean.add(statistic(series));
  }
  return mean.result();
}

}  // namespace shatterproof
