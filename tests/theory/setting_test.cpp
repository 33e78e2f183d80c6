// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/setting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "shatterproof/examine/setting.h"
#include "shatterproof/theory/stack.h"

namespace shatterproof::setting_test {
namespace {

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
    Setting untouched = setting;
    EXPECT_FALSE(set_inputs_if_known(untouched, wrong)) << wrong;
    EXPECT_EQ(untouched, setting) << wrong;
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
}  // namespace shatterproof::setting_test
