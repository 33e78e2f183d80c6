// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/dataset/augmentation.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <numeric>
#include <set>
#include <vector>

namespace shatterproof::augmentation_test {
namespace {

// Every pixel another number, none of them 0.
at::Tensor numbered(int64_t examples) {
  return at::arange(1, examples * 2 * 5 * 6 + 1, at::kFloat).view({examples, 2, 5, 6});
}

std::vector<int64_t> all(int64_t examples) {
  std::vector<int64_t> rows(static_cast<size_t>(examples));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

// The image moved down and right by so many pixels, zeros coming in, then mirrored.
at::Tensor changed(const at::Tensor& image, int64_t down, int64_t right, bool flipped) {
  constexpr int64_t kMargin = 8;
  const at::Tensor padded = at::constant_pad_nd(image, {kMargin, kMargin, kMargin, kMargin});
  const at::Tensor moved =
      padded.narrow(1, kMargin - down, image.size(1)).narrow(2, kMargin - right, image.size(2));
  return flipped ? moved.flip({2}) : moved;
}

// Which change was made of the image: its number among all there are, or -1.
int64_t change_of(const at::Tensor& from, const at::Tensor& to, int64_t shift) {
  int64_t number = 0;
  for (int64_t down = -shift; down <= shift; ++down) {
    for (int64_t right = -shift; right <= shift; ++right) {
      for (const bool flipped : {false, true}) {
        if (at::equal(changed(from, down, right, flipped), to)) return number;
        ++number;
      }
    }
  }
  return -1;
}

TEST(Augmentation, NoneCopiesTheChosenExamples) {
  const at::Tensor images = numbered(4);
  const std::vector<int64_t> rows = {3, 0, 3};
  EXPECT_TRUE(at::equal(augmented(images, {}, {rows}), images.index_select(0, at::tensor(rows))));
  const at::Tensor flat = images.flatten(1);
  EXPECT_TRUE(at::equal(augmented(flat, {}, {rows}), flat.index_select(0, at::tensor(rows))));
}

TEST(Augmentation, OfImagesShiftsAndMirrorsEachInAllWaysEquallyOften) {
  constexpr int64_t kImages = 900, kShift = 1, kWays = 18;
  const at::Tensor images = numbered(kImages);
  Augmentation augmentation = Augmentation::parse("image");
  augmentation.shift = kShift;
  const std::vector<int64_t> rows = all(kImages);
  const at::Tensor out = augmented(images, augmentation, {rows, 1, 1, 0});
  std::vector<int64_t> counts(kWays, 0);
  for (int64_t i = 0; i < kImages; ++i) {
    const int64_t change = change_of(images[i], out[i], kShift);
    ASSERT_GE(change, 0) << "image " << i << " is no shift and mirror of itself";
    ++counts[static_cast<size_t>(change)];
  }
  // 50 expected of each; five standard deviations of a binomial, sqrt(900 / 18).
  for (const int64_t count : counts) EXPECT_NEAR(static_cast<double>(count), 50, 5 * 6.9);
}

TEST(Augmentation, OfABatchMakesOneChangeAndAnotherInTheNext) {
  const at::Tensor images = numbered(8);
  const std::vector<int64_t> rows = all(8);
  const Augmentation augmentation = Augmentation::parse("batch");
  std::set<int64_t> changes;
  for (int64_t mini_batch = 0; mini_batch < 20; ++mini_batch) {
    const at::Tensor out = augmented(images, augmentation, {rows, 1, 1, mini_batch});
    const int64_t first = change_of(images[0], out[0], augmentation.shift);
    for (int64_t i = 1; i < 8; ++i) EXPECT_EQ(change_of(images[i], out[i], augmentation.shift), first);
    changes.insert(first);
  }
  EXPECT_GT(changes.size(), 10U);
}

TEST(Augmentation, DependsOnSeedEpochAndExampleAlone) {
  const at::Tensor images = numbered(8);
  const Augmentation augmentation = Augmentation::parse("image");
  const std::vector<int64_t> rows = all(8), backwards(rows.rbegin(), rows.rend());
  const at::Tensor out = augmented(images, augmentation, {rows, 1, 1, 0});
  EXPECT_TRUE(at::equal(augmented(images, augmentation, {backwards, 1, 1, 5}).flip({0}), out));
  EXPECT_FALSE(at::equal(augmented(images, augmentation, {rows, 2, 1, 0}), out));
  EXPECT_FALSE(at::equal(augmented(images, augmentation, {rows, 1, 2, 0}), out));
}

TEST(Augmentation, RefusesWhatIsNoImageAndUnknownWords) {
  const std::vector<int64_t> rows = {0};
  EXPECT_THROW(augmented(at::zeros({2, 3}), Augmentation::parse("image"), {rows}), std::invalid_argument);
  EXPECT_THROW(augmented(at::zeros({2, 3, 4, 4}, at::kLong), Augmentation::parse("image"), {rows}),
               std::invalid_argument);
  EXPECT_THROW(Augmentation::parse("images"), std::invalid_argument);
}

}  // namespace
}  // namespace shatterproof::augmentation_test
