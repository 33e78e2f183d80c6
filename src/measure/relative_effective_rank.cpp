// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/relative_effective_rank.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "measure/batch_gradients.h"
#include "shatterproof/measure/effective_rank.h"

namespace shatterproof {
namespace {

constexpr const char* kRelativeEffectiveRank = "relative_effective_rank";
constexpr int64_t kAtOnce = 100;
constexpr double kRelativeError = 5e-4;

Reading no_relative_effective_rank(const std::string& reason) {
  return undefined_reading(kRelativeEffectiveRank, ReadingType::scalar, reason);
}

// Gaussian matrices of so many examples, centred, and numbers: B B^T has the eigenvalues of their Gram
// matrix, B bidiagonal with independent entries, chi of falling degrees of freedom (Dumitriu and Edelman,
// 2002). A draw costs a few operations per row where a matrix costs an eigendecomposition.
class WhiteNoise {
 public:
  WhiteNoise(int64_t examples, int64_t numbers) {
    const int64_t most = std::max(examples - 1, numbers), least = std::min(examples - 1, numbers);
    const at::Tensor diagonal = most - at::arange(least, at::kDouble);
    const at::Tensor below = least - 1 - at::arange(least - 1, at::kDouble);
    halves_ = at::cat({diagonal, below}) / 2;
    size_ = static_cast<size_t>(least);
  }

  /// Of kAtOnce matrices.
  std::vector<double> drawn_ranks() {
    const auto numbers = static_cast<size_t>(halves_.numel());
    const at::Tensor squares =
        2 * at::_standard_gamma(halves_.expand({kAtOnce, -1}).contiguous(), generator_);
    const at::Tensor traces = squares.sum(1);
    std::vector<double> ranks;
    for (int64_t draw = 0; draw < kAtOnce; ++draw) {
      const double* first = squares.data_ptr<double>() + static_cast<size_t>(draw) * numbers;
      ranks.push_back(traces.data_ptr<double>()[draw] /
                      largest_eigenvalue({first, size_}, {first + size_, size_ - 1}));
    }
    return ranks;
  }

 private:
  // Of B B^T, tridiagonal, by bisection; the squares of B's entries are given.
  static double largest_eigenvalue(std::span<const double> diagonal, std::span<const double> below) {
    constexpr double kClose = 1e-9;
    double low = 0, high = 0;
    for (size_t i = 0; i < diagonal.size(); ++i) {
      const double own = diagonal[i] + (i > 0 ? below[i - 1] : 0);
      const double next = i < below.size() ? std::sqrt(diagonal[i] * below[i]) : 0;
      const double last = i > 0 ? std::sqrt(diagonal[i - 1] * below[i - 1]) : 0;
      low = std::max(low, own);
      high = std::max(high, own + next + last);  // Gershgorin
    }
    while (high - low > kClose * high) {
      const double middle = (low + high) / 2;
      (is_above(middle, diagonal, below) ? high : low) = middle;
    }
    return high;
  }

  // Whether B B^T - x is negative definite: all pivots are.
  static bool is_above(double x, std::span<const double> diagonal, std::span<const double> below) {
    double pivot = diagonal[0] - x;
    for (size_t i = 1; i < diagonal.size() && pivot < 0; ++i)
      pivot = diagonal[i] + below[i - 1] - x - diagonal[i - 1] * below[i - 1] / pivot;
    return pivot < 0;
  }

  at::Tensor halves_;  // of the degrees of freedom: of the diagonal, then below it
  size_t size_ = 0;
  at::Generator generator_ = at::detail::createCPUGenerator(1);
};

// E r(W), within a standard error of kRelativeError.
double mean_rank_of_white_noise(int64_t examples, int64_t numbers) {
  WhiteNoise noise(examples, numbers);
  double draws = 0, sum = 0, squares = 0;
  while (true) {
    for (const double rank : noise.drawn_ranks()) {
      ++draws;
      sum += rank;
      squares += rank * rank;
    }
    const double mean = sum / draws, variance = squares / draws - mean * mean;
    if (variance <= draws * std::pow(kRelativeError * mean, 2)) return mean;
  }
}

// The same for every reading of that shape, and so made once.
double rank_of_white_noise(int64_t examples, int64_t numbers) {
  static std::mutex one_at_a_time;
  static std::map<std::pair<int64_t, int64_t>, double> known;
  const std::lock_guard lock(one_at_a_time);
  const std::pair<int64_t, int64_t> shape(examples, numbers);
  if (!known.contains(shape)) known.emplace(shape, mean_rank_of_white_noise(examples, numbers));
  return known.at(shape);
}

class RelativeEffectiveRank : public BatchGradients {
 public:
  using BatchGradients::BatchGradients;

 private:
  std::vector<Reading> reduce(const at::Tensor& gradients) const override {
    return {relative_effective_rank(gradients)};
  }
  std::vector<Reading> without(const char* reason) const override {
    return {no_relative_effective_rank(reason)};
  }
};

}  // namespace

Reading relative_effective_rank(const at::Tensor& gradients) {
  const Reading rank = effective_rank(gradients);
  if (!rank.is_defined()) return no_relative_effective_rank(rank.undefined);
  const int64_t examples = gradients.size(0), numbers = gradients.numel() / examples;
  if (examples == 2 || numbers == 1)
    return no_relative_effective_rank("differences of these gradients have one direction only");
  return scalar_reading(kRelativeEffectiveRank, rank.value() / rank_of_white_noise(examples, numbers));
}

MeasurementRecord relative_effective_rank_record() {
  MeasurementRecord record;
  record.name = kRelativeEffectiveRank;
  record.symbol = "r(A)/r(W)";
  record.sentence = "How near the gradients of a batch are to white noise, by their effective rank.";
  record.formula =
      "r(A) / E r(W), r the effective rank, W Gaussian numbers in the shape of A; E r(W) within .05 %";
  record.reference = "Balduzzi et al. 2017, The Shattered Gradients Problem, figure 5";
  record.type = ReadingType::scalar;
  record.least = 0;
  record.most = std::numeric_limits<double>::infinity();
  record.range_note =
      "near 0: a few directions hold all differences; 1: white gradients; above 1: more even than chance";
  record.streams = false;
  record.undefined_when =
      "fewer than three examples, gradients of one number or the same for all, more than 4096 of both "
      "examples and numbers, or a number that is not finite";
  record.prediction = "relative_effective_rank";
  record.make = [](const MeasurementOptions& options) -> std::unique_ptr<Measurement> {
    return std::make_unique<RelativeEffectiveRank>(options);
  };
  return record;
}

}  // namespace shatterproof
