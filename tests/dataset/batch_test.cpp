// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/dataset/batch.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace shatterproof::batch_test {
namespace {

TEST(Batch, RowsHoldAllNumbersOfAnExampleInTheOrderOfItsInputs) {
  Batch batch;
  batch.inputs = {at::arange(8, at::kFloat).view({2, 2, 2}), at::arange(8, 14, at::kFloat).view({2, 3})};
  const at::Tensor expected =
      at::tensor({0, 1, 2, 3, 8, 9, 10, 4, 5, 6, 7, 11, 12, 13}, at::kFloat).view({2, 7});
  EXPECT_TRUE(batch.rows().equal(expected)) << batch.rows();
}

TEST(Batch, OneNumberForEachExampleIsAColumnOfItsRows) {
  Batch batch;
  batch.inputs = {at::tensor({1., 2., 3.}), at::tensor({4., 5., 6.}).view({3, 1})};
  EXPECT_TRUE(batch.rows().equal(at::tensor({1., 4., 2., 5., 3., 6.}).view({3, 2}))) << batch.rows();
}

}  // namespace
}  // namespace shatterproof::batch_test
