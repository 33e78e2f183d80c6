// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/diagnose/describe.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "shatterproof/network/builder.h"

namespace shatterproof::describe_test {
namespace {

using Axes = std::vector<int64_t>;

// Layer norm without gain and shift, as exporters of older operator sets write it.
std::string written_out_norm(NetworkBuilder& builder, const std::string& name, const std::string& x) {
  const std::string mean = builder.node("ReduceMean", name + "_mean", {x}, {{"axes", Axes{-1}}});
  const std::string centred = builder.node("Sub", name + "_centred", {x, mean});
  const std::string two = builder.constant(name + "_two", 2);
  const std::string square = builder.node("Pow", name + "_square", {centred, two});
  const std::string variance = builder.node("ReduceMean", name + "_variance", {square}, {{"axes", Axes{-1}}});
  const std::string epsilon = builder.constant(name + "_epsilon", 1e-5);
  const std::string root =
      builder.node("Sqrt", name + "_root", {builder.node("Add", name + "_sum", {variance, epsilon})});
  return builder.node("Div", name, {centred, root});
}

// Three blocks x + W rho(x), the state normalized behind each sum or the branch at its head.
Examination three_blocks(bool post_norm) {
  NetworkBuilder builder("blocks");
  std::string x = builder.input("x", {8});
  for (int i = 0; i < 3; ++i) {
    const std::string name = std::to_string(i);
    const std::string head = post_norm ? x : written_out_norm(builder, "norm" + name, x);
    const std::string branch = builder.linear(builder.activation(head, "rho" + name, "relu"),
                                              {.name = "w" + name, .fan_in = 8, .fan_out = 8});
    x = builder.node("Add", "sum" + name, {x, branch});
    if (post_norm) x = written_out_norm(builder, "norm" + name, x);
  }
  builder.output(x);
  Examination examination;
  describe(builder.build(), examination);
  return examination;
}

TEST(Describe, APostNormThatIsWrittenOutCounts) {
  const Examination post = three_blocks(true);
  EXPECT_EQ(post.structure.residual_sums.size(), 3u);
  EXPECT_EQ(post.post_norm_sums, 2) << "no skip starts behind the last";
  EXPECT_TRUE(post.normalizes_layer);
}

TEST(Describe, ANormAtTheHeadOfABranchIsNone) {
  const Examination pre = three_blocks(false);
  EXPECT_EQ(pre.structure.residual_sums.size(), 3u);
  EXPECT_EQ(pre.post_norm_sums, 0);
}

}  // namespace
}  // namespace shatterproof::describe_test
