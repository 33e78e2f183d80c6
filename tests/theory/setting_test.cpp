// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/setting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <optional>
#include <stdexcept>

#include "shatterproof/theory/stack.h"

namespace shatterproof {
namespace {

std::string complaint(const std::function<void()>& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no complaint";
}

TEST(Setting, ReadsWhatAFamilyIsToldAndResolvesItsAutomaticNumbers) {
  const Setting residual = setting_of("residual:depth=10,norm=batch,beta=0.1,input=200");
  EXPECT_EQ(residual.family, "residual");
  EXPECT_EQ(residual.depth, 10);
  EXPECT_EQ(residual.norm, "batch");
  EXPECT_EQ(residual.beta, .1);
  EXPECT_EQ(residual.width, 200);
  EXPECT_DOUBLE_EQ(setting_of("highway:depth=16").gamma2, .25);
  EXPECT_DOUBLE_EQ(setting_of("highway:gamma1=0.6").gamma2, .8);
  EXPECT_DOUBLE_EQ(setting_of("shallow:width=25").bias_std, .2);
  EXPECT_EQ(setting_of("white_noise:input=7").input, 7);
  EXPECT_EQ(setting_of("feedforward:activation=prelu,slope=0.1").slope, .1);
  EXPECT_EQ(setting_of("feedforward:activation=prelu,slope=auto").slope, std::nullopt);
  EXPECT_EQ(setting_of("feedforward:hidden_bias_std=0.5").hidden_bias_std, .5);
}

TEST(Setting, RefusesWhatFamiliesRefuse) {
  using testing::HasSubstr;
  const std::pair<const char*, const char*> rows[] = {
      {"feedforwrad", "did you mean 'feedforward'"},
      {"feedforward:dept=2", "did you mean 'depth'"},
      {"feedforward:depth=0", "depth must be"},
      {"feedforward:norm=batsh", "did you mean 'batch'"},
      {"feedforward:activation=rel", "did you mean 'relu'"},
      {"feedforward:input=3,bias_std=1", "only a scalar input"},
      {"feedforward:bias_std=-1", "must not be negative"},
      {"feedforward:hidden_bias_std=-1", "must not be negative"},
      {"feedforward:slope=0.3", "only prelu and leaky_relu have a slope"},
      {"feedforward:count=linear", "needs a vector input"},
      {"residual:hidden_bias_std=1", "unknown option"},
      {"dense:depth=3", "no theory speaks of that family"},
      {"highway_gated", "no theory speaks of that family"},
      {"transformer_pre_norm:depth=3,heads=2", "no theory speaks of that family"},
      {"transformer_post_norm", "no theory speaks of that family"},
      {"residual:depth=3,layers_per_block=2", "even depth"},
      {"highway:gamma1=2", "from 0 to 1"},
      {"highway:gamma1=0.5,gamma2=0.5", "must be 1"},
      {"white_noise:depth=3", "unknown option"}};
  for (const auto& [spec, says] : rows) {
    EXPECT_THAT(complaint([&] { setting_of(spec); }), HasSubstr(says)) << spec;
  }
}

TEST(Setting, TakesInputs) {
  Setting setting = setting_of("feedforward");
  set_inputs(setting, "grid:-1:3:64");
  EXPECT_TRUE(runs_on_grid(setting));
  EXPECT_EQ(setting.examples, 64);
  EXPECT_EQ(input_grid(setting).to, 3);
  set_inputs(setting, "gaussian:32");
  EXPECT_FALSE(runs_on_grid(setting));
  EXPECT_EQ(setting.examples, 32);
  EXPECT_EQ(setting.inputs, "gaussian");
  EXPECT_THROW(input_grid(setting), std::invalid_argument);
  for (const char* wrong : {"grid:1:2", "grid:2:1:8", "grid:0:1:1", "grid:0:nan:8", "gaussian:x",
                            "gaussian:1", "cifar10", "grid:0:1:99999999999"}) {
    EXPECT_THROW(set_inputs(setting, wrong), std::invalid_argument) << wrong;
  }
}

TEST(RectifierStack, IsOnlyWhatTheTheoriesAreAbout) {
  for (const char* family : {"feedforward", "residual", "highway"}) {
    EXPECT_TRUE(is_rectifier_stack(setting_of(family))) << family;
    for (const char* option : {"activation=tanh", "crelu=true", "norm=layer", "embedding=ones"}) {
      EXPECT_FALSE(is_rectifier_stack(setting_of(std::string(family) + ":" + option))) << family << option;
    }
  }
  EXPECT_FALSE(is_rectifier_stack(setting_of("feedforward:hidden_bias_std=1")));
  EXPECT_FALSE(is_rectifier_stack(setting_of("shallow")));
  EXPECT_FALSE(is_rectifier_stack(setting_of("feedforward:count=linear,input=9")));
  EXPECT_THROW(rectifier_stack(setting_of("shallow")), std::invalid_argument);
  EXPECT_EQ(rectifier_stack(setting_of("residual:depth=6,layers_per_block=2")).blocks.size(), 3U);
}

// A skip starts at the embedding or projection, whatever its factor.
TEST(GradientTaps, BeginWhereTheSkipStarts) {
  for (const char* network : {"highway:depth=3,input=50", "highway:depth=3,gamma1=1", "residual:depth=3"}) {
    const std::vector<GradientTap> taps = gradient_taps(setting_of(network));
    ASSERT_EQ(taps.size(), 5U) << network;
    EXPECT_EQ(taps[1].depth, 0) << network;
    EXPECT_EQ(taps[1].blocks, 0) << network;
    EXPECT_EQ(taps[1].gain, 1) << network;
    EXPECT_EQ(taps[2].depth, 1) << network;
  }
  EXPECT_EQ(gradient_taps(setting_of("highway:depth=3,input=200")).size(), 4U);
}

}  // namespace
}  // namespace shatterproof
