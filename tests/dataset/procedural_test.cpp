// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/dataset/procedural.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "shatterproof/dataset/catalog.h"

namespace shatterproof::procedural_test {
namespace {

TEST(Procedural, HasTenClassesEquallyOftenAndFiniteNumbersOfSizeOne) {
  constexpr int64_t kImages = 1000;
  const Batch batch = procedural_images(0, kImages, 1);
  EXPECT_EQ(batch.inputs[0].sizes(), at::IntArrayRef({kImages, 3, 32, 32}));
  const at::Tensor counts = at::bincount(batch.labels, {}, 10);
  EXPECT_EQ(counts.numel(), 10);
  // 100 expected; five standard deviations of a binomial, sqrt(1000 * .1 * .9) = 9.5.
  EXPECT_GE(counts.min().item<int64_t>(), 52);
  EXPECT_LE(counts.max().item<int64_t>(), 148);
  EXPECT_NEAR(batch.inputs[0].mean().item<double>(), 0, .1);
  EXPECT_NEAR(batch.inputs[0].std().item<double>(), 1, .2);
}

TEST(Procedural, ImageIsAFunctionOfSeedAndNumber) {
  const Batch whole = procedural_images(0, 8, 1), part = procedural_images(5, 3, 1);
  EXPECT_TRUE(at::equal(whole.inputs[0].narrow(0, 5, 3), part.inputs[0]));
  EXPECT_TRUE(at::equal(whole.labels.narrow(0, 5, 3), part.labels));
  EXPECT_FALSE(at::equal(procedural_images(0, 8, 2).inputs[0], whole.inputs[0]));
}

TEST(Procedural, ComesFromTheCatalogInTheShapeOfTheInput) {
  const std::vector<Input> flat = {{"x", {-1, 3072}, at::kFloat}};
  const Batch batch = load_batch({.source = "procedural:4:2"}, flat, 1);
  EXPECT_TRUE(at::equal(batch.inputs[0], procedural_images(2, 4, 1).inputs[0].flatten(1)));
  EXPECT_EQ(load_batch({.source = "procedural:9", .range = {0, 4}}, flat, 1).examples(), 4);
  for (const char* source : {"procedural:0", "procedural:x", "procedural:4:-1", "procedural:99999999999"})
    EXPECT_THROW(load_batch({.source = source}, flat, 1), std::invalid_argument) << source;
}

// A linear map of the pixels sees too little of them, its labels are no noise either: nearest class means.
TEST(Procedural, ClassesAreNotTheirMeanColours) {
  const Batch train = procedural_images(0, 2000, 1), test = procedural_images(2000, 500, 1);
  std::vector<at::Tensor> means;
  for (int64_t label = 0; label < 10; ++label)
    means.push_back(train.inputs[0].flatten(1).index({train.labels.eq(label)}).mean(0));
  const at::Tensor distances = at::cdist(test.inputs[0].flatten(1), at::stack(means));
  const double accuracy = distances.argmin(1).eq(test.labels).to(at::kDouble).mean().item<double>();
  EXPECT_GT(accuracy, .1);
  EXPECT_LT(accuracy, .5);
}

}  // namespace
}  // namespace shatterproof::procedural_test
