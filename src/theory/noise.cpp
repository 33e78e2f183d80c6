// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/noise.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"
#include "theory/running_mean.h"
#include "theory/sequence.h"

namespace shatterproof {
namespace {

// Products of all pairs of vectors, row-major.
struct Gram {
  size_t size = 0;
  std::vector<double> values;
  double trace() const {
    double sum = 0;
    for (size_t i = 0; i < size; ++i) sum += values[i * size + i];
    return sum;
  }
};

// Of `size` vectors of `length` numbers each.
Gram gram_of(const std::vector<double>& vectors, size_t size, size_t length) {
  Gram gram = {size, std::vector<double>(size * size)};
  for (size_t i = 0; i < size; ++i) {
    const double* a = vectors.data() + i * length;
    for (size_t j = 0; j <= i; ++j) {
      const double product = std::inner_product(a, a + length, vectors.data() + j * length, 0.0);
      gram.values[i * size + j] = gram.values[j * size + i] = product;
    }
  }
  return gram;
}

// Rayleigh quotients of powers rise to the largest eigenvalue; the bulk's edge is dense, so they are many.
double largest_eigenvalue(const Gram& gram) {
  constexpr int kPowers = 1000;
  constexpr double kSettled = 1e-7;
  // A direction of no symmetry: centred examples have none of the constant one.
  std::vector<double> v(gram.size), image(gram.size);
  for (size_t i = 0; i < gram.size; ++i) v[i] = std::cos(static_cast<double>(i));
  double eigenvalue = 0;
  for (int power = 0; power < kPowers; ++power) {
    const double length = std::sqrt(std::inner_product(v.begin(), v.end(), v.begin(), 0.0));
    if (length == 0) return 0;
    for (double& entry : v) entry /= length;
    for (size_t i = 0; i < gram.size; ++i) {
      image[i] = std::inner_product(v.begin(), v.end(), gram.values.data() + i * gram.size, 0.0);
    }
    const double quotient = std::inner_product(v.begin(), v.end(), image.begin(), 0.0);
    std::swap(v, image);
    const bool settled = quotient - eigenvalue < kSettled * quotient;
    eigenvalue = quotient;
    if (settled && power > 2) break;
  }
  return eigenvalue;
}

// Units as vectors over examples, centred; turned when there are fewer examples than units.
double effective_rank_of(std::vector<double>& units, size_t examples, size_t count) {
  for (size_t unit = 0; unit < count; ++unit) {
    double* g = units.data() + unit * examples;
    const double mean = std::accumulate(g, g + examples, 0.0) / static_cast<double>(examples);
    for (size_t i = 0; i < examples; ++i) g[i] -= mean;
  }
  Gram gram;
  if (count <= examples) {
    gram = gram_of(units, count, examples);
  } else {
    std::vector<double> turned(units.size());
    for (size_t unit = 0; unit < count; ++unit) {
      for (size_t i = 0; i < examples; ++i) turned[i * count + unit] = units[unit * examples + i];
    }
    gram = gram_of(turned, examples, count);
  }
  return gram.trace() / largest_eigenvalue(gram);
}

void require_at_least(const char* operation, const char* what, int64_t value, int64_t least) {
  if (value < least) {
    reject(operation, std::string(what) + " must be at least " + std::to_string(least),
           std::to_string(value));
  }
}

}  // namespace

std::vector<double> sample_autocorrelation(std::span<const double> series, int64_t lags) {
  const auto points = static_cast<int64_t>(series.size());
  require_at_least("sample_autocorrelation", "lags", lags, 0);
  if (lags >= points)
    reject("sample_autocorrelation", "lags must be fewer than points", std::to_string(lags));
  const double mean = std::accumulate(series.begin(), series.end(), 0.0) / static_cast<double>(points);
  std::vector<double> centred(series.begin(), series.end()), correlation;
  for (double& value : centred) value -= mean;
  for (int64_t lag = 0; lag <= lags; ++lag) {
    correlation.push_back(
        std::inner_product(centred.begin(), centred.end() - lag, centred.begin() + lag, 0.0));
  }
  const double variance = correlation[0];
  for (double& value : correlation) value /= variance;
  return correlation;
}

std::vector<double> white_noise_autocorrelation(int64_t points, int64_t lags) {
  require_at_least("white_noise_autocorrelation", "points", points, 2);
  const auto m = static_cast<double>(points);
  std::vector<double> correlation = {1};
  for (int64_t lag = 1; lag <= std::min(lags, points - 1); ++lag) {
    correlation.push_back(-(1 - static_cast<double>(lag) / m) / (m - 1));
  }
  return correlation;
}

MeanOverDraws brown_noise_autocorrelation(int64_t points, int64_t lags, int64_t runs, uint64_t seed) {
  require_at_least("brown_noise_autocorrelation", "points", points, 2);
  RandomSequence sequence(seed, "brown_noise");
  std::vector<double> steps(static_cast<size_t>(points));
  RunningMean mean;
  for (int64_t run = 0; run < runs; ++run) {
    throw_if_interrupted();
    sequence.gaussian(steps);
    std::partial_sum(steps.begin(), steps.end(), steps.begin());
    mean.add(sample_autocorrelation(steps, std::min(lags, points - 1)));
  }
  return mean.result();
}

double gaussian_effective_rank(int64_t examples, int64_t units) {
  require_at_least("gaussian_effective_rank", "examples and units", std::min(examples, units), 1);
  const auto b = static_cast<double>(examples), d = static_cast<double>(units);
  const double edge = std::sqrt(b) + std::sqrt(d);
  return b * d / (edge * edge);
}

MeanOverDraws simulated_effective_rank(int64_t examples, int64_t units, int64_t runs, uint64_t seed) {
  require_at_least("simulated_effective_rank", "examples", examples, 2);
  require_at_least("simulated_effective_rank", "units", units, 1);
  RandomSequence sequence(seed, "effective_rank");
  std::vector<double> numbers(static_cast<size_t>(examples * units));
  RunningMean mean;
  for (int64_t run = 0; run < runs; ++run) {
    throw_if_interrupted();
    sequence.gaussian(numbers);
    const double rank = effective_rank_of(numbers, static_cast<size_t>(examples), static_cast<size_t>(units));
    mean.add({&rank, 1});
  }
  return mean.result();
}

double signal_to_noise_floor(int64_t examples) {
  require_at_least("signal_to_noise_floor", "examples", examples, 4);
  return 1 / std::sqrt(static_cast<double>(examples - 3));
}

}  // namespace shatterproof
