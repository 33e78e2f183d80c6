// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/setting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
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
  EXPECT_FALSE(is_rectifier_stack(setting_of("shallow")));
  EXPECT_FALSE(is_rectifier_stack(setting_of("feedforward:count=linear,input=9")));
  EXPECT_THROW(rectifier_stack(setting_of("shallow")), std::invalid_argument);
  EXPECT_EQ(rectifier_stack(setting_of("residual:depth=6,layers_per_block=2")).blocks.size(), 3U);
}

}  // namespace
}  // namespace shatterproof
