// SPDX-License-Identifier: Apache-2.0
// What every theory of the catalog promises.
#include "shatterproof/theory/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <stdexcept>

#include "shatterproof/examine/setting.h"
#include "shatterproof/theory/residual.h"
#include "tests/matchers.h"

namespace shatterproof::catalog_test {
namespace {

using testing::HasSubstr;

// Settings of every kind; each theory finds its own among them.
std::vector<Setting> settings() {
  std::vector<Setting> all;
  for (const char* network :
       {"feedforward:depth=3", "feedforward:depth=3,input=9", "feedforward:depth=3,input=9,norm=batch",
        "feedforward:depth=3,input=9,norm=center", "residual:depth=4", "residual:depth=4,input=9",
        "residual:depth=4,input=200,norm=batch", "residual:depth=4,input=9,layers_per_block=2",
        "residual:depth=10,input=200,norm=batch", "highway:depth=3", "highway:depth=3,input=9,norm=batch",
        "feedforward:depth=3,input=9,output=20,count=linear,norm=batch",
        "residual:depth=4,input=9,output=20,count=linear,norm=layer,activation=tanh",
        "feedforward:depth=3,input=9,activation=tanh", "shallow", "white_noise:input=20", "white_noise",
        "brown_noise"}) {
    for (const char* inputs : {"gaussian:64", "grid:-2:2:64"}) {
      for (const char* batch_norm : {"detached", "attached"}) {
        Setting setting = setting_of(network);
        if (setting.norm == "none" && std::string(batch_norm) == "attached") continue;
        set_inputs(setting, inputs);
        setting.batch_norm = batch_norm;
        if (!runs_on_grid(setting) || setting.input == 1) all.push_back(setting);
      }
    }
  }
  return all;
}

std::vector<Prediction> none_or_predictions(const TheoryRecord& theory, const Setting& setting,
                                            const std::string& name) {
  try {
    return predict_by(theory.name, setting, name);
  } catch (const std::invalid_argument&) {
    return {};
  }
}

void expect_whole(const Prediction& prediction) {
  EXPECT_EQ(prediction.x.empty(), prediction.x_name.empty());
  EXPECT_EQ(prediction.values.size(), prediction.x.empty() ? 1 : prediction.x.size());
  EXPECT_TRUE(prediction.standard_error.empty() ||
              prediction.standard_error.size() == prediction.values.size());
  EXPECT_EQ(prediction.standard_error.empty(), prediction.n == 1) << "drawn, and from how many";
  const std::set<std::string> beyond_one = {
      "effective_rank", "relative_effective_rank",    "gradient_variance",        "spectral_slope",
      "dilution",       "gradient_scale_coefficient", "nonlinearity_coefficient", "preactivation_std",
      "residual_stream"};
  const bool in_unit_range =
      !beyond_one.contains(prediction.name) && !prediction.name.starts_with("gradient_variance");
  for (const double value : prediction.values) {
    EXPECT_TRUE(std::isfinite(value));
    if (in_unit_range) {
      EXPECT_LE(std::abs(value), 1 + 1e-12);
    }
  }
  EXPECT_FALSE(prediction.assumes.empty());
  EXPECT_FALSE(prediction.reference.empty());
}

TEST(EveryTheory, IsFullyDescribedAndNamedOnce) {
  std::set<std::string> names;
  for (const TheoryRecord& theory : theories()) {
    EXPECT_TRUE(names.insert(theory.name).second) << theory.name;
    for (const std::string& text :
         {theory.sentence, theory.formula, theory.reference, theory.assumes, theory.settings}) {
      EXPECT_FALSE(text.empty()) << theory.name;
    }
    EXPECT_EQ(theory.sentence.back(), '.') << theory.name;
    EXPECT_NE(theory.predict, nullptr);
  }
}

TEST(EveryTheory, SpeaksOfEachMeasurementItNamesAndPredictsItWhole) {
  const std::vector<Setting> all = settings();
  for (const TheoryRecord& theory : theories()) {
    for (const std::string& name : theory.predicts) {
      SCOPED_TRACE(theory.name + " of " + name);
      bool spoke = false;
      for (const Setting& setting : all) {
        SCOPED_TRACE(setting.family + " " + setting.norm + " " + setting.inputs);
        for (const Prediction& prediction : none_or_predictions(theory, setting, name)) {
          spoke = true;
          EXPECT_THAT(prediction.name, testing::StartsWith(name));
          EXPECT_EQ(prediction.theory, theory.name);
          expect_whole(prediction);
        }
      }
      EXPECT_TRUE(spoke) << "in none of the settings";
    }
  }
}

TEST(Predict, PutsTheBetterTheoryFirst) {
  const std::vector<Prediction> normalized =
      predict(setting_of("residual:depth=50,norm=batch,input=200"), "gradient_correlation");
  std::vector<std::string> theories_in_order;
  for (const Prediction& prediction : normalized) theories_in_order.push_back(prediction.theory);
  EXPECT_THAT(theories_in_order, testing::ElementsAre("centred_product", "centred_product", "exact_product",
                                                      "exact_product", "closed_form"));
  EXPECT_THAT(normalized[0].values[0], IsNear(residual_gradient_correlation(50, 1), 1e-12));
  EXPECT_EQ(normalized[0].tap, "input");
  EXPECT_THAT(normalized[4].values[0], IsNear(1 / std::sqrt(50), 1e-12));
  const auto plain = predict(setting_of("feedforward:depth=5,input=200"), "gradient_correlation");
  EXPECT_EQ(plain.front().theory, "arc_cosine");
  EXPECT_EQ(plain.back().theory, "closed_form");
}

TEST(Predict, ShowsTheAsymptoteOnlyForManyBlocks) {
  for (const Prediction& prediction :
       predict(setting_of("residual:depth=50,norm=batch,beta=0.1,input=200"), "gradient_correlation")) {
    EXPECT_NE(prediction.theory, "closed_form");
  }
}

TEST(Predict, SaysWhatDifferentiatingThroughStatisticsGives) {
  Setting setting = setting_of("feedforward:depth=7,norm=batch,input=20");
  setting.batch_norm = "attached";
  const std::vector<Prediction> through = predict(setting, "gradient_correlation");
  ASSERT_EQ(through.size(), 2U);
  EXPECT_EQ(through[0].values[0], -1.0 / 255);
  EXPECT_EQ(through[1].values[6], -1.0 / 255);
  EXPECT_EQ(through[1].values[7], 1) << "behind the last norm";
}

TEST(Predict, RefusesWhatNoTheorySpeaksOfAndSaysWhatOneDoes) {
  const auto complaint = [](const char* network, const char* name) -> std::string {
    try {
      predict(setting_of(network), name);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "no complaint";
  };
  EXPECT_THAT(complaint("feedforward", "end_to_end_gain"),
              HasSubstr("theories speak of gradient_correlation"));
  EXPECT_THAT(complaint("residual:norm=batch", "gradient_correlation"),
              HasSubstr("covers residual with norm=batch (statistics detached), input=1"));
  EXPECT_THAT(complaint("feedforward:activation=tanh,input=9,norm=batch", "gradient_variance"),
              HasSubstr("covered are centred_product"));
  EXPECT_THAT(complaint("feedforward:hidden_bias_std=1,input=9", "gradient_correlation"),
              HasSubstr("biases of hidden linear maps"));
  EXPECT_THROW(predict_by("nonsense", setting_of("feedforward"), "coactivation"), std::invalid_argument);
}

TEST(Predict, GivesTheSameTwice) {
  Setting setting = setting_of("feedforward:depth=3");
  set_inputs(setting, "grid:-2:2:64");
  EXPECT_EQ(predict(setting, "gradient_autocorrelation")[0].values,
            predict(setting, "gradient_autocorrelation")[0].values);
}

}  // namespace
}  // namespace shatterproof::catalog_test
