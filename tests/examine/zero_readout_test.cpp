// SPDX-License-Identifier: Apache-2.0
// A network whose readout is zero is measured as the one that the first step makes of it.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/diagnose/catalog.h"
#include "shatterproof/examine/check.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"

namespace shatterproof::zero_readout_test {
namespace {

Network drawn(const std::string& family) {
  return initialize(build_family(family), "he", 3).network;
}

Network with_readout(const Network& network, const at::Tensor& weight) {
  Network changed = network;
  changed.set_parameter("readout.weight", weight);
  return changed;
}

Checked checked(const Network& network) {
  CheckOptions options;
  options.examples.count = 64;
  options.rehearses = false;
  options.standing = Provenance::State::fresh;
  return check(subject_of_network(network), options);
}

TEST(ZeroReadout, IsMeasuredAsIfItWereDrawn) {
  const Network network = drawn("residual:depth=6,width=24,output=4");
  const at::Tensor& own = network.find_parameter("readout.weight")->value;
  const Checked zero = checked(with_readout(network, at::zeros_like(own)));
  const at::Tensor lecun = initialize(network, "lecun", 1).network.find_parameter("readout.weight")->value;
  const Checked expected = checked(with_readout(network, lecun));
  ASSERT_EQ(zero.readings.size(), expected.readings.size());
  for (size_t i = 0; i < zero.readings.size(); ++i) {
    EXPECT_EQ(zero.readings[i].name, expected.readings[i].name);
    EXPECT_EQ(zero.readings[i].undefined, expected.readings[i].undefined) << zero.readings[i].name;
    EXPECT_EQ(zero.readings[i].values, expected.readings[i].values) << zero.readings[i].name;
  }
  EXPECT_THAT(zero.coverage.approximated, ::testing::Contains(::testing::HasSubstr("LeCun's there")));
  EXPECT_THAT(expected.coverage.approximated, ::testing::IsEmpty());
}

// The branch's last layer, on purpose: the skip leads around it.
TEST(ZeroReadout, IsNoOtherZeroOfALastLayer) {
  NetworkBuilder builder("branch");
  const std::string x = builder.input("x", {12});
  const std::string first = builder.linear(x, {"first", 12, 12});
  const std::string bent = builder.activation(first, "act", "relu");
  builder.output(builder.add(first, builder.linear(bent, {"last", 12, 12}), "sum"));
  Network network = initialize(builder.build(), "he", 1).network;
  network.set_parameter("last.weight", at::zeros({12, 12}));
  EXPECT_THAT(checked(network).coverage.approximated, ::testing::IsEmpty());
}

TEST(ZeroReadout, HidesNoSickNetwork) {
  const Network network = drawn("feedforward:depth=40,width=64,norm=batch,output=4");
  const at::Tensor& own = network.find_parameter("readout.weight")->value;
  const Checked zero = checked(with_readout(network, at::zeros_like(own)));
  EXPECT_TRUE(find(zero.diagnosis.findings, "exploding")) << "it was unknown";
}

}  // namespace
}  // namespace shatterproof::zero_readout_test
