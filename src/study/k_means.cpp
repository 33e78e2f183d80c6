// SPDX-License-Identifier: Apache-2.0
#include "study/k_means.h"

#include <ATen/ATen.h>

#include <array>

#include "shatterproof/core/error.h"
#include "shatterproof/core/random.h"

namespace shatterproof {
namespace {

// |p - c|^2 for every point and centre.
at::Tensor squared_distances(const at::Tensor& points, const at::Tensor& centres) {
  const at::Tensor products = points.mm(centres.t());
  return (points.square().sum(1, true) - 2 * products + centres.square().sum(1).unsqueeze(0)).clamp_min(0);
}

// The point at which the running sum of the weights reaches a part of the whole.
int64_t drawn(const at::Tensor& weights, double part) {
  const at::Tensor sums = weights.cumsum(0);
  const int64_t index = sums.lt(part * sums[-1]).sum().item<int64_t>();
  return std::min(index, weights.size(0) - 1);
}

at::Tensor first_centres(const at::Tensor& points, int64_t k, uint64_t seed) {
  const RandomStream stream(seed, "k_means");
  std::vector<at::Tensor> centres;
  at::Tensor weights = at::ones({points.size(0)}, at::kDouble);
  for (int64_t i = 0; i < k; ++i) {
    std::array<double, 4> uniform{};
    stream.uniform(uniform, static_cast<uint64_t>(i) * uniform.size());
    centres.push_back(points[drawn(weights, uniform[0])]);
    weights = std::get<0>(squared_distances(points, at::stack(centres)).min(1));
  }
  return at::stack(centres);
}

}  // namespace

at::Tensor k_means(const at::Tensor& given, int64_t k, uint64_t seed) {
  if (given.dim() != 2 || k < 1 || k > given.size(0))
    reject("k_means", "needs points [points, numbers] and 1 <= k <= points", std::to_string(k));
  constexpr int kMostRounds = 100;
  const at::Tensor points = given.to(at::kDouble);
  at::Tensor centres = first_centres(points, k, seed), clusters;
  for (int round = 0; round < kMostRounds; ++round) {
    const at::Tensor nearest = squared_distances(points, centres).argmin(1);
    if (clusters.defined() && at::equal(nearest, clusters)) break;
    clusters = nearest;
    for (int64_t cluster = 0; cluster < k; ++cluster) {
      const at::Tensor members = clusters.eq(cluster).nonzero().flatten();
      if (members.numel() > 0) centres[cluster].copy_(points.index_select(0, members).mean(0));
    }
  }
  return clusters;
}

}  // namespace shatterproof
