// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/measure/dilution.h"

#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::dilution_test {
namespace {

constexpr double kRounding = 1e-12;

Reading dilution(const at::Tensor& skip, const at::Tensor& branch, int64_t mini_batch = 0) {
  FakeTaps taps;
  taps.add_sum("sum", 1, skip, branch, at::zeros_like(skip));
  return taps.measured_by(dilution_record(), {}, mini_batch)[0];
}

TEST(Dilution, ByHand) {
  // Squares 9 + 16 + 0 + 11 = 36 and 4.
  const at::Tensor skip = at::tensor({3.0, 4.0, 0.0, std::sqrt(11.0)}).view({2, 2});
  const at::Tensor branch = at::tensor({0.0, 0.0, 2.0, 0.0}).view({2, 2});
  EXPECT_THAT(dilution(skip, branch).values[0], IsNear(3, kRounding));
  EXPECT_THAT(dilution(skip, branch, 1).values[0], IsNear(3, kRounding));
  EXPECT_THAT(shatterproof::dilution(skip, branch).value(), IsNear(3, kRounding));
  EXPECT_THAT(shatterproof::dilution(skip, 0 * branch).undefined, ::testing::HasSubstr("branch is zero"));
}

TEST(Dilution, KnowsWhichSummandIsTheSkip) {
  const at::Tensor f = gaussian_tensor("f", {5, 3});
  FakeTaps taps;
  taps.add_sum("sum", 1, f, 4 * f, f);
  taps.places[0].tap.skip = 1;
  taps.places[0].tap.branch = 0;
  EXPECT_THAT(taps.measured_by(dilution_record())[0].values[0], IsNear(4, kRounding));
}

TEST(Dilution, SaysWhyItIsUndefined) {
  const at::Tensor ones = at::ones({3, 2}, at::kDouble);
  EXPECT_EQ(dilution(ones, 0 * ones).undefined, "the branch is zero for every example");
  EXPECT_EQ(dilution(0 * ones, ones).values[0], 0);
  EXPECT_THAT(dilution(ones, NAN * ones).undefined, ::testing::HasSubstr("not finite"));
  FakeTaps plain;
  plain.add_linear("first", 0, ones, ones);
  EXPECT_THAT(plain.measured_by(dilution_record())[0].undefined, ::testing::HasSubstr("no residual sum"));
}

}  // namespace
}  // namespace shatterproof::dilution_test
