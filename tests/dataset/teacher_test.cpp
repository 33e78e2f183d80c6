// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/dataset/teacher.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "shatterproof/dataset/catalog.h"

namespace shatterproof::teacher_test {
namespace {

const Input kInput = {"input", {-1, 3, 3}, at::kFloat};

TEST(Teacher, LabelsWithEveryClass) {
  const Batch batch = teacher_batch(kInput, 0, 2000, 10, 1);
  EXPECT_EQ(batch.inputs[0].sizes(), (std::vector<int64_t>{2000, 3, 3}));
  const at::Tensor counts = at::bincount(batch.labels, {}, 10);
  EXPECT_EQ(counts.numel(), 10);
  EXPECT_GT(counts.min().item<int64_t>(), 0);
  // Nothing that a constant answer would know.
  EXPECT_LT(counts.max().item<int64_t>(), 1000);
  EXPECT_NEAR(batch.inputs[0].std().item<double>(), 1, 0.03);
}

TEST(Teacher, GivesOneLabelToOneExample) {
  const Batch all = teacher_batch(kInput, 0, 20, 10, 1), rest = teacher_batch(kInput, 5, 15, 10, 1);
  EXPECT_TRUE(all.inputs[0].narrow(0, 5, 15).equal(rest.inputs[0]));
  EXPECT_TRUE(all.labels.narrow(0, 5, 15).equal(rest.labels));
  EXPECT_FALSE(teacher_batch(kInput, 0, 20, 10, 2).inputs[0].equal(all.inputs[0]));
}

TEST(Teacher, LabelsByAFunctionOfTheExample) {
  // A small step hardly changes a label; a function that looked at the example's number would change nine in
  // ten. Labels of examples and of their negatives differ: the teacher is odd.
  const Batch batch = teacher_batch(kInput, 0, 500, 2, 1);
  const at::Tensor x = batch.inputs[0].flatten(1);
  const at::Tensor distance = at::cdist(x, x) + 1e9 * at::eye(500);
  const at::Tensor nearest = distance.argmin(1);
  const double agreement =
      batch.labels.eq(batch.labels.index_select(0, nearest)).to(at::kDouble).mean().item<double>();
  EXPECT_GT(agreement, 0.6);
}

TEST(Teacher, IsReadFromASource) {
  const auto load = [](const std::string& source) { return load_batch({.source = source}, {kInput}, 1); };
  EXPECT_EQ(load("teacher").examples(), 256);
  EXPECT_TRUE(load("teacher:15:5").labels.equal(teacher_batch(kInput, 5, 15, 10, 1).labels));
  EXPECT_LT(load("teacher:200:0:3").labels.max().item<int64_t>(), 3);
  for (const char* wrong : {"teacher:0", "teacher:5:-1", "teacher:5:0:1", "teacher:x", "teacher:5:0:2:1"})
    EXPECT_THROW(load(wrong), std::invalid_argument) << wrong;
  EXPECT_THROW(teacher_batch({"ids", {-1, 4}, at::kLong}, 0, 4, 10, 1), std::invalid_argument);
  EXPECT_THROW(teacher_batch({"free", {-1, -1}, at::kFloat}, 0, 4, 10, 1), std::invalid_argument);
}

}  // namespace
}  // namespace shatterproof::teacher_test
