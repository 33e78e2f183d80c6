// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/independent_gates.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/theory/typical_pair.h"
#include "theory/sequence.h"

namespace shatterproof {
namespace {

using Gradient = std::vector<double>;

double inner(const Gradient& a, const Gradient& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

struct GradientPair {
  Gradient first, second;
};

// Two gradients on their way back through one network.
class Backward {
 public:
  Backward(RandomSequence& sequence, size_t units)
      : sequence_(sequence), normals_(2 * units), coins_(2 * units), pair_{Gradient(units), {}} {
    sequence_.gaussian(pair_.first);
    const double length = std::sqrt(inner(pair_.first, pair_.first));
    for (double& entry : pair_.first) entry /= length;
    pair_.second = pair_.first;
  }

  void pass(const RectifierBlock& block, double scale_of_norms) {
    GradientPair branch = pair_;
    for (int64_t l = 0; l < block.rectifiers; ++l) through_weights_and_gates(branch);
    const double scale = block.branch * scale_of_norms;
    for (size_t i = 0; i < pair_.first.size(); ++i) {
      pair_.first[i] = block.skip * pair_.first[i] + scale * branch.first[i];
      pair_.second[i] = block.skip * pair_.second[i] + scale * branch.second[i];
    }
  }

  double size() const { return (inner(pair_.first, pair_.first) + inner(pair_.second, pair_.second)) / 2; }
  double product() const { return inner(pair_.first, pair_.second); }

 private:
  // D W^T g and D' W^T g': entries of W^T (g, g') are drawn from their law, given g and g'.
  void through_weights_and_gates(GradientPair& pair) {
    const size_t units = pair.first.size();
    const double weight = 2 / static_cast<double>(units);
    const double a = std::sqrt(weight * inner(pair.first, pair.first));
    const double shared = a > 0 ? weight * inner(pair.first, pair.second) / a : 0;
    const double own = std::sqrt(std::max(0.0, weight * inner(pair.second, pair.second) - shared * shared));
    sequence_.gaussian(normals_);
    sequence_.uniform(coins_);
    for (size_t i = 0; i < units; ++i) {
      const double z = normals_[i], other = normals_[units + i];
      pair.first[i] = coins_[i] < 0.5 ? a * z : 0;
      pair.second[i] = coins_[units + i] < 0.5 ? shared * z + own * other : 0;
    }
  }

  RandomSequence& sequence_;
  std::vector<double> normals_, coins_;
  GradientPair pair_;
};

// E product / E size with the standard error of a ratio of means, to first order.
class RatioOfMeans {
 public:
  void add(double size, double product) {
    ++count_;
    size_ += size;
    product_ += product;
    size_squared_ += size * size;
    product_squared_ += product * product;
    size_product_ += size * product;
  }

  SimulatedMoments moments() const {
    const auto n = static_cast<double>(count_);
    const double size = size_ / n, ratio = product_ / size_;
    const double size_spread = std::max(0.0, size_squared_ - n * size * size);
    const double ratio_spread =
        std::max(0.0, product_squared_ - 2 * ratio * size_product_ + ratio * ratio * size_squared_);
    const double draws = n * (n - 1);
    return {size, std::sqrt(size_spread / draws), ratio, std::sqrt(ratio_spread / draws) / size};
  }

 private:
  int64_t count_ = 0;
  double size_ = 0, product_ = 0;
  double size_squared_ = 0, product_squared_ = 0, size_product_ = 0;
};

// 1 / sqrt of the variances that the norms of each block divide by, in the theorems' world.
std::vector<double> scales_of_norms(const RectifierStack& stack) {
  RectifierStack theorems = stack;
  theorems.first_variance = 1;
  std::vector<double> scales = state_variances(theorems, 1);
  const bool normalized = stack.norm == RectifierStack::Norm::batch;
  for (double& scale : scales) scale = normalized ? 1 / std::sqrt(scale) : 1;
  return scales;
}

}  // namespace

std::vector<SimulatedMoments> simulate_gates(const RectifierStack& stack, const GatesOptions& options) {
  if (options.units < 1) reject("simulate_gates", "needs units", std::to_string(options.units));
  if (options.networks < 2) reject("simulate_gates", "needs 2 networks", std::to_string(options.networks));
  const std::vector<double> scales = scales_of_norms(stack);
  std::vector<RatioOfMeans> places(stack.blocks.size() + 1);
  RandomSequence sequence(options.seed, "independent_gates");
  for (int64_t network = 0; network < options.networks; ++network) {
    Backward backward(sequence, static_cast<size_t>(options.units));
    places.back().add(backward.size(), backward.product());
    for (size_t l = stack.blocks.size(); l-- > 0;) {
      throw_if_interrupted();
      backward.pass(stack.blocks[l], scales[l]);
      places[l].add(backward.size(), backward.product());
    }
  }
  std::vector<SimulatedMoments> moments;
  for (const RatioOfMeans& place : places) moments.push_back(place.moments());
  return moments;
}

}  // namespace shatterproof
