// SPDX-License-Identifier: Apache-2.0
// Inputs that are not scaled are judged once more as standardized ones, and no more than once.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/npy.h"
#include "shatterproof/examine/check.h"

namespace shatterproof::standardized_test {
namespace {

Checked checked(const at::Tensor& inputs) {
  const std::filesystem::path file = std::filesystem::path(testing::TempDir()) / "standardized.npy";
  write_npy(file.string(), inputs);
  CheckOptions options;
  options.weights.count = 1;
  options.rehearses = false;
  options.predicts = false;
  options.examples.source = file.string();
  return check(subject_of_family("feedforward:depth=2,width=16,input=8,output=4"), options);
}

at::Tensor numbers() {
  return at::arange(32 * 8, at::kFloat).mul(.7f).sin().view({32, 8});
}

TEST(Standardized, OfLargeInputsIsAVerdictOfItsOwn) {
  const Checked found = checked(1000 * numbers());
  EXPECT_TRUE(find(found.diagnosis.findings, "unscaled_inputs"));
  ASSERT_TRUE(found.standardized);
  EXPECT_FALSE(find(found.standardized->findings, "unscaled_inputs"));
}

TEST(Standardized, OfInputsThatAreOneNumberEnds) {
  const Checked found = checked(at::full({32, 8}, 3.f));
  EXPECT_TRUE(find(found.diagnosis.findings, "unscaled_inputs"));
  ASSERT_TRUE(found.standardized);
  EXPECT_TRUE(find(found.standardized->findings, "unscaled_inputs"));
}

TEST(Standardized, OfScaledInputsIsNotAsked) {
  EXPECT_FALSE(checked(numbers()).standardized);
}

}  // namespace
}  // namespace shatterproof::standardized_test
