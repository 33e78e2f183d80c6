// SPDX-License-Identifier: Apache-2.0
#include "run/mini_batch.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace shatterproof::mini_batch_test {
namespace {

using ::testing::ElementsAre;

Batch seven_examples() {
  return {.inputs = {at::arange(7).view({7, 1})}};
}

std::vector<int64_t> sizes(const std::vector<MiniBatch>& parts) {
  std::vector<int64_t> sizes;
  int64_t first = 0;
  for (const MiniBatch& part : parts) {
    EXPECT_EQ(part.first, first);
    EXPECT_EQ(part.examples.inputs[0][0].item<int64_t>(), first);
    first += part.examples.examples();
    sizes.push_back(part.examples.examples());
  }
  return sizes;
}

std::vector<int64_t> sizes_with(int64_t frozen, int64_t asked) {
  RunOptions options;
  options.mini_batch = asked;
  return sizes(mini_batches({{"x", {frozen, 1}}}, seven_examples(), options));
}

TEST(MiniBatches, AreAllExamplesAtOnceUnlessAskedOtherwise) {
  EXPECT_THAT(sizes_with(-1, 0), ElementsAre(7));
  EXPECT_THAT(sizes_with(-1, 100), ElementsAre(7));
  EXPECT_THAT(sizes_with(-1, 3), ElementsAre(3, 3, 1));
}

TEST(MiniBatches, AreWhatAGraphIsFrozenTo) {
  EXPECT_THAT(sizes_with(1, 0), ElementsAre(1, 1, 1, 1, 1, 1, 1));
  EXPECT_THAT(sizes_with(7, 3), ElementsAre(7));
}

}  // namespace
}  // namespace shatterproof::mini_batch_test
