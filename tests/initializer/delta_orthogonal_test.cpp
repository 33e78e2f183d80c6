// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/initializer/delta_orthogonal.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/initializer/orthogonal.h"
#include "shatterproof/network/builder.h"
#include "tests/initializer/linear_network.h"

namespace shatterproof::delta_orthogonal_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr double kFloat32Weights = 1e-6;  // orthonormal up to the rounding of their entries

struct Convolution {
  int64_t channels_in, channels_out, kernel = 3, stride = 1, padding = 1, groups = 1;
  std::string after = "identity";
};

Initialization drawn(const Convolution& c, const std::string& scheme = "delta_orthogonal") {
  NetworkBuilder builder("one");
  const std::string x = builder.input("x", {c.channels_in, 7, 5});
  const std::string weight =
      builder.parameter("w", at::zeros({c.channels_out, c.channels_in / c.groups, c.kernel, c.kernel}), true);
  const std::string y = builder.node("Conv", "conv", {x, weight},
                                     {{"group", c.groups},
                                      {"strides", std::vector<int64_t>(2, c.stride)},
                                      {"pads", std::vector<int64_t>(4, c.padding)}});
  builder.output(builder.activation(y, c.after, c.after));
  return initialize(builder.build(), scheme, 5);
}

// Largest deviation of ||f(x)|| / ||x|| from `gain`.
double deviation(const Network& network, double gain) {
  const at::Tensor x = gaussian_batch(network.inputs(), 6, 1).inputs[0].to(at::kDouble);
  const at::Tensor ratio = output_of(network, x).flatten(1).norm(2, 1) / x.flatten(1).norm(2, 1);
  return (ratio - gain).abs().max().item<double>();
}

TEST(DeltaOrthogonal, PreservesTheNormOfWhatItReads) {
  for (const Convolution& c : std::vector<Convolution>{{3, 3},
                                                       {3, 8},
                                                       {4, 4, 1, 1, 0},
                                                       {2, 6, 5, 1, 2},
                                                       {6, 6, 3, 1, 1, 2},
                                                       {4, 8, 3, 1, 1, 4},
                                                       {5, 5, 3, 1, 1, 5}}) {
    const Initialization one = drawn(c);
    EXPECT_THAT(one.notes, IsEmpty());
    EXPECT_LE(deviation(one.network, 1), kFloat32Weights)
        << c.channels_in << " " << c.kernel << " " << c.groups;
  }
  EXPECT_LE(deviation(drawn({3, 8}, "delta_orthogonal:gain=3").network, 3), 3 * kFloat32Weights);
  // `orthogonal` makes orthonormal filters, which is not the same.
  EXPECT_GT(deviation(drawn({3, 8}, "orthogonal").network, 1), .01);
}

TEST(DeltaOrthogonal, IsZeroButForTheHaarMatrixAtTheCentre) {
  const at::Tensor w = drawn({3, 8}).network.find_parameter("w")->value;
  WeightShape map;
  map.sizes = {8, 3};
  map.fan_in = 3;
  map.fan_out = 8;
  EXPECT_TRUE(at::equal(w.select(3, 1).select(2, 1), orthogonal_weight(map, 1, RandomStream(5, "w"))));
  EXPECT_EQ(w.count_nonzero().item<int64_t>(), 24);
}

TEST(DeltaOrthogonal, GroupsHaveMapsOfTheirOwn) {
  const at::Tensor w = drawn({6, 6, 3, 1, 1, 2}).network.find_parameter("w")->value;
  const std::vector<at::Tensor> maps = w.select(3, 1).select(2, 1).to(at::kDouble).chunk(2, 0);
  for (const at::Tensor& q : maps) {
    EXPECT_TRUE(at::allclose(q.mm(q.t()), at::eye(3, at::kDouble), 0, kFloat32Weights));
  }
  EXPECT_GT((maps[0] - maps[1]).abs().max().item<double>(), .1);
}

TEST(DeltaOrthogonal, GainIsRootTwoWhereTheLayerMeetsARectifier) {
  const at::Tensor w = drawn({3, 8, 3, 1, 1, 1, "relu"}).network.find_parameter("w")->value;
  EXPECT_NEAR(w.square().sum().item<double>(), 2 * 3, 6 * kFloat32Weights);
}

TEST(DeltaOrthogonal, SaysWhatItCannotKeep) {
  EXPECT_THAT(drawn({8, 3}).notes,
              ElementsAre("convolutions with fewer channels out than in, so only rows are orthonormal: w"));
  const at::Tensor q =
      drawn({8, 3}).network.find_parameter("w")->value.select(3, 1).select(2, 1).to(at::kDouble);
  EXPECT_TRUE(at::allclose(q.mm(q.t()), at::eye(3, at::kDouble), 0, kFloat32Weights));
  for (const Convolution& c : std::vector<Convolution>{{3, 3, 3, 2, 1}, {3, 3, 3, 1, 0}, {3, 3, 5, 1, 1}}) {
    EXPECT_THAT(drawn(c).notes,
                ElementsAre("convolutions that skip or cut off positions, which is no orthogonal map: w"));
    EXPECT_GT(deviation(drawn(c).network, 1), .01);
  }
}

TEST(DeltaOrthogonal, OfADenseWeightIsOrthogonal) {
  const Network network = build_family("feedforward:input=9,width=12,depth=3");
  const Network delta = initialize(network, "delta_orthogonal", 2).network;
  const Network orthogonal = initialize(network, "orthogonal", 2).network;
  for (const Parameter& parameter : delta.parameters()) {
    EXPECT_TRUE(at::equal(parameter.value, orthogonal.find_parameter(parameter.name)->value));
  }
}

TEST(DeltaOrthogonal, RefusesGroupsThatDoNotDivideTheChannels) {
  EXPECT_THROW(drawn({6, 4, 3, 1, 1, 3}), std::invalid_argument);
}

}  // namespace
}  // namespace shatterproof::delta_orthogonal_test
