// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/architecture/preset.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/layer.h"

namespace shatterproof::preset_test {
namespace {

std::vector<std::string> operators_of(const Network& network) {
  std::vector<std::string> names;
  for (const Node& node : network.nodes()) names.push_back(node.op);
  return names;
}

// The weights' variances times their fan-in.
std::vector<double> scaled_variances(const std::string& spec) {
  const Network network = initialize(build_family(spec), default_initializer(spec), 1).network;
  std::vector<double> variances;
  for (const Layer& layer : structure(network).layers) {
    const at::Tensor weight = network.find_parameter(layer.weight)->value.to(at::kDouble);
    variances.push_back(weight.square().mean().item<double>() * static_cast<double>(layer.fan_in));
  }
  return variances;
}

TEST(Presets, AreTheSevenOfThePaper) {
  std::vector<std::string> names;
  for (const PresetRecord& preset : presets()) names.push_back(preset.name);
  EXPECT_EQ(names, (std::vector<std::string>{"relu", "layer_relu", "batch_relu", "tanh", "layer_tanh",
                                             "batch_tanh", "selu"}));
}

TEST(Presets, HaveFiftyLinearMapsOfAHundredUnitsAndEndWithOne) {
  for (const PresetRecord& preset : presets()) {
    for (const char* family : {"feedforward", "residual"}) {
      const std::string spec = std::string(family) + ":preset=" + preset.name;
      SCOPED_TRACE(spec);
      const Network network = build_family(spec);
      const Structure view = structure(network);
      ASSERT_EQ(view.layers.size(), 50U);
      EXPECT_EQ(view.nonlinearities.size(), 49U);
      EXPECT_EQ(view.residual_sums.size(), std::string(family) == "residual" ? 24U : 0U);
      EXPECT_EQ(network.producer(network.outputs()[0]), static_cast<int64_t>(view.layers.back().node));
      EXPECT_EQ(network.parameter_count(), 50 * 100 * 100) << "no biases, no gains";
    }
  }
}

TEST(Presets, AreBuiltAsTheirNameSays) {
  using ::testing::ElementsAre;
  EXPECT_THAT(operators_of(build_family("feedforward:preset=batch_tanh,depth=2")),
              ElementsAre("Gemm", "BatchNormalization", "Tanh", "Gemm"));
  EXPECT_THAT(operators_of(build_family("feedforward:preset=layer_relu,depth=2")),
              ElementsAre("Gemm", "LayerNormalization", "Relu", "Gemm"));
  EXPECT_THAT(operators_of(build_family("feedforward:preset=selu,depth=2")),
              ElementsAre("Gemm", "Selu", "Gemm"));
}

TEST(Presets, DrawWeightsOfTheVarianceTheirNonlinearityNeeds) {
  // 10,000 numbers: the variance scatters by sqrt(2 / 10,000) of itself.
  constexpr double kFiveSigma = 5 * 0.0142;
  for (const PresetRecord& preset : presets()) {
    const double expected = preset.activation == "relu" ? 2 : 1;
    const std::vector<double> variances = scaled_variances("feedforward:preset=" + preset.name + ",depth=4");
    EXPECT_NEAR(variances[0], 1, kFiveSigma) << preset.name << ": the first reads the input";
    for (size_t l = 1; l < 4; ++l) EXPECT_NEAR(variances[l], expected, kFiveSigma * expected) << preset.name;
  }
}

TEST(Presets, HaveResidualTwinsWithFixedSkipMatrices) {
  for (const char* skip : {"gaussian", "orthogonal"}) {
    const Network network =
        initialize(build_family(std::string("residual:preset=batch_relu,depth=6,skip=") + skip), "he", 1)
            .network;
    EXPECT_EQ(network.parameter_count(), 6 * 100 * 100) << "what is trained";
    EXPECT_EQ(structure(network).residual_sums.size(), 2U);
    for (const char* name : {"layer_3.matrix.weight", "layer_5.matrix.weight"}) {
      const at::Tensor matrix = network.find_parameter(name)->value.to(at::kDouble);
      EXPECT_NEAR(matrix.square().sum().item<double>(), 100, 8) << "norms are kept";
      const double off = (matrix.mm(matrix.t()) - at::eye(100, at::kDouble)).norm().item<double>();
      EXPECT_EQ(off < 1e-4, std::string(skip) == "orthogonal") << off;
    }
  }
}

TEST(Presets, AloneDecideTheDefaultInitializer) {
  EXPECT_EQ(default_initializer("feedforward:preset=tanh,depth=3"), "lecun");
  EXPECT_EQ(default_initializer("residual:preset=batch_relu"), "he");
  EXPECT_EQ(default_initializer("feedforward:activation=tanh"), "he");
}

}  // namespace
}  // namespace shatterproof::preset_test
