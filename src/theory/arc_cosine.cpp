// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/arc_cosine.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace shatterproof {
namespace {

using std::numbers::pi;

double within(double cosine) {
  return std::clamp(cosine, -1.0, 1.0);
}

PairMoments scaled(const PairMoments& moments, double factor) {
  return {moments.first * factor, moments.second * factor, moments.product * factor};
}

PairMoments sum(const PairMoments& a, const PairMoments& b) {
  return {a.first + b.first, a.second + b.second, a.product + b.product};
}

// W rho(.) with He weights, without the mean that batch statistics of inputs like the first take away.
PairMoments rectified(const PairMoments& moments, bool centred) {
  const double size = std::sqrt(moments.first * moments.second);
  const PairMoments raw = {moments.first, moments.second, size * arc_cosine_map(moments.cosine())};
  if (!centred) return raw;
  return {raw.first - raw.first / pi, raw.second - 2 * size / pi + raw.first / pi, raw.product - size / pi};
}

// What one block makes of the state, and of gradients on their way back.
struct BlockPassage {
  PairMoments state;
  double own = 1;   // factor of E||g||^2
  double both = 1;  // factor of E<g, g'>
};

BlockPassage pass(const RectifierBlock& block, RectifierStack::Norm norm, const PairMoments& state,
                  std::vector<double>& coactivation) {
  PairMoments branch = state;
  const double skip = block.skip * block.skip, scale = block.branch * block.branch;
  double gain = scale, agreement = 1;
  for (int64_t l = 0; l < block.rectifiers; ++l) {
    if (norm == RectifierStack::Norm::batch) {
      gain /= branch.first;
      branch = scaled(branch, 1 / branch.first);
    }
    const double part = coactive_part(branch.cosine());
    coactivation.push_back(part);
    agreement *= 2 * part;
    branch = rectified(branch, norm != RectifierStack::Norm::none);
  }
  return {sum(scaled(state, skip), scaled(branch, scale)), skip + gain, skip + gain * agreement};
}

}  // namespace

double PairMoments::cosine() const {
  const double size = std::sqrt(first * second);
  return size > 0 ? within(product / size) : -1;  // where all is 0 no unit is active
}

double arc_cosine_map(double cosine) {
  const double c = within(cosine);
  return (std::sqrt(1 - c * c) + (pi - std::acos(c)) * c) / pi;
}

double coactive_part(double cosine) {
  return (pi - std::acos(within(cosine))) / (2 * pi);
}

PairPath follow_pair(const RectifierStack& stack, const PairMoments& start) {
  PairPath path;
  std::vector<BlockPassage> passages;
  PairMoments state = start;
  for (const RectifierBlock& block : stack.blocks) {
    passages.push_back(pass(block, stack.norm, state, path.coactivation));
    // Without batch norm only ratios matter: the sizes of deep stacks would overflow.
    const bool normalized = stack.norm == RectifierStack::Norm::batch;
    state = scaled(passages.back().state, normalized ? 1 : 1 / passages.back().state.first);
  }
  path.correlation.assign(passages.size() + 1, 1);
  path.variance.assign(passages.size() + 1, 1);
  for (size_t l = passages.size(); l-- > 0;) {
    path.correlation[l] = path.correlation[l + 1] * passages[l].both / passages[l].own;
    path.variance[l] = path.variance[l + 1] * passages[l].own;
  }
  return path;
}

}  // namespace shatterproof
