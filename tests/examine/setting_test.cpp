// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/setting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/theory/catalog.h"

namespace shatterproof::setting_test {
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
      {"feedforward:parametrization=mup", "standard parametrization"},
      {"residual:depth=3,layers_per_block=2", "even depth"},
      {"highway:gamma1=2", "from 0 to 1"},
      {"highway:gamma1=0.5,gamma2=0.5", "must be 1"},
      {"white_noise:depth=3", "unknown option"}};
  for (const auto& [spec, says] : rows) {
    EXPECT_THAT(complaint([&] { setting_of(spec); }), HasSubstr(says)) << spec;
  }
}

TEST(Setting, KnowsTheOptionsOfEveryFamilyWithTheirDefaults) {
  for (const FamilyRecord& family : families()) {
    if (!is_predicted_family(family.name)) continue;
    const Setting untold = setting_of(family.name);
    for (const OptionRecord& option : family.options) {
      EXPECT_EQ(setting_of(family.name + ":" + option.name + "=" + option.otherwise), untold)
          << family.name << ":" << option.name;
    }
  }
}

TEST(Setting, IsEmptyWhereNoTheorySpeaksAndStillRefusesMistakes) {
  for (const char* network : {"thin", "dense:depth=3", "residual:depth=4,layers_per_block=2,skip=gaussian"}) {
    EXPECT_FALSE(setting_if_known(network)) << network;
    EXPECT_THROW(setting_of(network), std::invalid_argument) << network;
  }
  EXPECT_TRUE(setting_if_known("feedforward"));
  EXPECT_EQ(setting_if_known("feedforward:preset=selu")->initializer, "lecun");
  EXPECT_THROW(setting_if_known("feedforward:dept=2"), std::invalid_argument);
  EXPECT_THROW(setting_if_known("feedforwrad"), std::invalid_argument);
  EXPECT_EQ(setting_if_known("feedforward", "gaussian:32")->examples, 32);
  EXPECT_FALSE(setting_if_known("feedforward", "images:32"));
}

TEST(Predictions, AreNoneWhereTheoryDoesNotSpeak) {
  EXPECT_FALSE(predictions_if_any(setting_of("feedforward:input=9"), "coactivation").empty());
  EXPECT_TRUE(predictions_if_any(setting_of("feedforward:input=9"), "end_to_end_gain").empty());
  EXPECT_TRUE(
      predictions_if_any(*setting_if_known("brown_noise", "grid:-2:2:100000"), "gradient_autocorrelation")
          .empty())
      << "too many points to be simulated";
}

}  // namespace
}  // namespace shatterproof::setting_test
