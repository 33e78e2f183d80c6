// SPDX-License-Identifier: Apache-2.0
#include "architecture/parametrization.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/layer.h"
#include "shatterproof/run/execution.h"
#include "tests/matchers.h"

namespace shatterproof::parametrization_test {
namespace {

Network drawn(const std::string& family) {
  return initialize(build_family(family), "he", 1).network;
}

void expect_alike(const at::Tensor& found, const at::Tensor& expected) {
  EXPECT_TRUE(at::allclose(found, expected, 1e-4, 1e-5)) << (found - expected).abs().max();
}

at::Tensor output_of(const Network& network) {
  const Batch batch = gaussian_batch(network.inputs(), 8, 1);
  return Execution(network, RunOptions()).outputs(batch).front();
}

// Four times the base width.
const char* const kStandard = "feedforward:input=16,width=256,depth=3,output=10";
const std::string kMuP = std::string(kStandard) + ",parametrization=mup,base_width=64";

TEST(Parametrization, BeginsAsTheSchemeDrawsAndWithASmallerReadout) {
  const Network standard = drawn(kStandard), network = drawn(kMuP);
  const std::vector<Layer> layers = structure(network).layers, plain = structure(standard).layers;
  ASSERT_EQ(layers.size(), plain.size());
  for (size_t i = 0; i < layers.size(); ++i) {
    const bool is_readout = i + 1 == layers.size();
    expect_alike(effective_weight(network, layers[i]), effective_weight(standard, plain[i]));
    const double grown = i == 0 ? 1 : is_readout ? 2 : 4;
    expect_alike(network.find_parameter(layers[i].weight)->value,
                 grown * standard.find_parameter(plain[i].weight)->value);
  }
  expect_alike(output_of(network), output_of(standard) / 2);
}

TEST(Parametrization, AtTheBaseWidthIsTheStandardOne) {
  const char* const family = "transformer_pre_norm:input=8,width=64,depth=2";
  const Network standard = drawn(family), network = drawn(std::string(family) + ",parametrization=mup");
  EXPECT_EQ(network.nodes().size(), standard.nodes().size());
  EXPECT_TRUE(output_of(network).equal(output_of(standard)));
}

TEST(Parametrization, DividesAttentionsScoresByTheSizeOfAHead) {
  const auto factor = [](const std::string& family) {
    return build_family(family).find_parameter("block_1.attention.scores.factor")->value.item<double>();
  };
  const std::string wide = "transformer_pre_norm:input=8,width=256,heads=4,depth=1";
  EXPECT_THAT(factor(wide), IsNear(1. / 8, 1e-6));
  EXPECT_THAT(factor(wide + ",parametrization=mup"), IsNear(4. / 64, 1e-6));
  // Of 4 units that 4 heads share, and of 64 units shared by heads that do not divide them.
  EXPECT_THAT(factor(wide + ",parametrization=mup,base_width=4"), IsNear(1. / 64, 1e-6));
  EXPECT_THAT(factor("transformer_pre_norm:input=8,width=768,heads=12,depth=1,parametrization=mup"),
              IsNear(std::sqrt(64. / 12) / 64, 1e-6));
}

TEST(Parametrization, RefusesWhatItDoesNotKnow) {
  EXPECT_THROW(build_family("feedforward:parametrization=ntk"), std::invalid_argument);
  EXPECT_THROW(build_family("feedforward:base_width=32"), std::invalid_argument);
  EXPECT_THROW(build_family("feedforward:width=9,parametrization=mup,base_width=0"), std::invalid_argument);
  EXPECT_THROW(build_family("feedforward:parametrization=mup"), std::invalid_argument) << "of which width?";
}

// Inputs of 64 or 128 numbers need no first linear map where there are as many units.
TEST(Parametrization, HoldsWhereInputsAreAsManyAsUnitsAtAnotherWidth) {
  for (const char* input : {"64", "128", "256"}) {
    const std::string family = std::string("residual:width=128,depth=2,output=3,input=") + input;
    const Network standard = drawn(family), network = drawn(family + ",parametrization=mup");
    expect_alike(output_of(network), output_of(standard) / std::sqrt(2));
  }
}

// What a fixed number of channels makes is no readout before the last layer.
TEST(Parametrization, KeepsTheSizeOfWhatFixedBottlenecksMake) {
  const std::string family = "conv_feedforward:width=32,bottleneck=4,depth=6,norm=none,output=3";
  const Network standard = drawn(family), network = drawn(family + ",parametrization=mup,base_width=8");
  expect_alike(output_of(network), output_of(standard) / 2);
}

// Every family that has widths, whatever it is made of.
TEST(Parametrization, IsOneOfEveryFamilyWithAWidth) {
  for (const FamilyRecord& family : families()) {
    bool has_width = false;
    for (const OptionRecord& option : family.options) has_width = has_width || option.name == "width";
    if (!has_width) continue;
    const Network standard = build_family(family.name + ":width=32"),
                  network = build_family(family.name + ":width=32,parametrization=mup,base_width=8");
    EXPECT_GT(network.nodes().size(), standard.nodes().size()) << family.name;
    EXPECT_EQ(structure(network).layers.size(), structure(standard).layers.size()) << family.name;
    EXPECT_EQ(structure(network).residual_sums.size(), structure(standard).residual_sums.size())
        << family.name;
    EXPECT_EQ(structure(network).nonlinearities.size(), structure(standard).nonlinearities.size())
        << family.name;
    EXPECT_GT(output_of(initialize(network, "he", 1).network).abs().max().item<double>(), 0) << family.name;
  }
}

}  // namespace
}  // namespace shatterproof::parametrization_test
