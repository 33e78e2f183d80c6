// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/sign_diversity.h"

#include "tests/measure/one_layer.h"

namespace shatterproof::sign_diversity_test {
namespace {

TEST(SignDiversity, ByHand) {
  // Units positive on 4 of 4, 2 of 4, 1 of 2 that are not 0, and negative on the one that is not 0.
  const at::Tensor z =
      at::tensor({1, 1, -1, 0, 1, 1, 0, 0, 1, -1, 1, 0, 1, -1, 0, -2}).to(at::kFloat).view({4, 4});
  EXPECT_THAT(value(one_layer(z), sign_diversity_record()), IsNear((0 + 0.5 + 0.5 + 0) / 4, kRounding));
  EXPECT_THAT(sign_diversity(z).value(), IsNear((0 + 0.5 + 0.5 + 0) / 4, kRounding));
}

TEST(SignDiversity, AgreesWithLoops) {
  const at::Tensor z = gaussian_tensor("z", {13, 1100}) + 0.4;
  const auto a = z.accessor<double, 2>();
  double sum = 0;
  for (int64_t u = 0; u < 1100; ++u) {
    int positive = 0;
    for (int64_t i = 0; i < 13; ++i) positive += a[i][u] > 0 ? 1 : 0;
    sum += std::min(positive, 13 - positive) / 13.0;
  }
  EXPECT_THAT(value(one_layer(z), sign_diversity_record()), IsNear(sum / 1100, kRounding));
}

TEST(SignDiversity, OfZerosIsZeroAndOfOneInputUndefined) {
  EXPECT_EQ(value(one_layer(at::zeros({5, 3})), sign_diversity_record()), 0);
  const auto reading = [](const at::Tensor& z) {
    return one_layer(z).measured_by(sign_diversity_record())[0];
  };
  EXPECT_THAT(reading(at::ones({1, 3})).undefined, ::testing::HasSubstr("one example"));
  EXPECT_THAT(reading(at::full({5, 3}, NAN)).undefined, ::testing::HasSubstr("not finite"));
}

}  // namespace
}  // namespace shatterproof::sign_diversity_test
