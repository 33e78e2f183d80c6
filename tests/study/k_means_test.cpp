// SPDX-License-Identifier: Apache-2.0
#include "study/k_means.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "shatterproof/core/random.h"

namespace shatterproof::k_means_test {
namespace {

at::Tensor noise(int64_t rows, int64_t columns, uint64_t seed) {
  at::Tensor out = at::empty({rows, columns}, at::kDouble);
  RandomStream(seed, "k_means_test").gaussian({out.data_ptr<double>(), static_cast<size_t>(out.numel())});
  return out;
}

// Sum of squared distances from the clusters' means.
double scatter(const at::Tensor& points, const at::Tensor& clusters, int64_t k) {
  double sum = 0;
  for (int64_t cluster = 0; cluster < k; ++cluster) {
    const at::Tensor members = points.index({clusters.eq(cluster)});
    if (members.size(0) > 0) sum += (members - members.mean(0)).square().sum().item<double>();
  }
  return sum;
}

TEST(KMeans, FindsClustersThatStandApart) {
  constexpr int64_t kClusters = 4, kPoints = 80;
  const at::Tensor truth = at::arange(kPoints).remainder(kClusters);
  const at::Tensor points = noise(kPoints, 3, 1) + 100 * noise(kClusters, 3, 2).index_select(0, truth);
  const at::Tensor found = k_means(points, kClusters, 1);
  // The same partition, whatever the clusters' numbers.
  EXPECT_TRUE(
      at::equal(found.unsqueeze(0).eq(found.unsqueeze(1)), truth.unsqueeze(0).eq(truth.unsqueeze(1))));
}

TEST(KMeans, NoPointIsNearerToAnotherClustersMean) {
  const at::Tensor points = noise(60, 2, 3), clusters = k_means(points, 5, 1);
  std::vector<at::Tensor> means;
  for (int64_t cluster = 0; cluster < 5; ++cluster)
    means.push_back(points.index({clusters.eq(cluster)}).mean(0));
  EXPECT_TRUE(at::equal(at::cdist(points, at::stack(means)).argmin(1), clusters));
  EXPECT_LT(scatter(points, clusters, 5), .5 * scatter(points, at::zeros({60}, at::kLong), 1));
}

TEST(KMeans, OfAsManyClustersAsPointsPutsEachInItsOwn) {
  const at::Tensor points = noise(6, 2, 4);
  EXPECT_EQ(scatter(points, k_means(points, 6, 1), 6), 0);
  EXPECT_TRUE(at::equal(k_means(points, 1, 1), at::zeros({6}, at::kLong)));
}

TEST(KMeans, IsAFunctionOfItsSeedAndRefusesWhatItCannotDivide) {
  const at::Tensor points = noise(40, 2, 5);
  EXPECT_TRUE(at::equal(k_means(points, 3, 7), k_means(points, 3, 7)));
  EXPECT_TRUE(at::equal(k_means(at::ones({5, 2}), 3, 1), at::zeros({5}, at::kLong))) << "all points the same";
  EXPECT_THROW(k_means(points, 41, 1), std::invalid_argument);
  EXPECT_THROW(k_means(points, 0, 1), std::invalid_argument);
}

}  // namespace
}  // namespace shatterproof::k_means_test
