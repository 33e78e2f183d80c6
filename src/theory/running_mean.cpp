// SPDX-License-Identifier: Apache-2.0
#include "theory/running_mean.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "shatterproof/core/error.h"

namespace shatterproof {

void RunningMean::add(std::span<const double> values) {
  if (!std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); })) return;
  mean_.resize(values.size(), 0.0);
  squares_.resize(values.size(), 0.0);
  ++count_;
  for (size_t i = 0; i < values.size(); ++i) {
    const double off = values[i] - mean_[i];
    mean_[i] += off / static_cast<double>(count_);
    squares_[i] += off * (values[i] - mean_[i]);
  }
}

MeanOverDraws RunningMean::result() const {
  if (count_ < 2)
    reject("theory", "a mean over draws needs at least two that are finite", std::to_string(count_));
  const auto count = static_cast<double>(count_);
  MeanOverDraws result = {mean_, {}};
  for (const double squares : squares_)
    result.standard_error.push_back(std::sqrt(squares / (count - 1) / count));
  return result;
}

}  // namespace shatterproof
