// SPDX-License-Identifier: Apache-2.0
// The mean-field theory in settings of networks, against what simulated networks showed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <iterator>
#include <stdexcept>

#include "shatterproof/examine/setting.h"
#include "shatterproof/theory/catalog.h"
#include "shatterproof/theory/growth.h"
#include "tests/matchers.h"

namespace shatterproof::mean_field_theory_test {
namespace {

const std::string kSizes = "count=linear,input=100,width=100,output=100";

Prediction predicted(const std::string& network, const char* name, const char* initializer = "he") {
  Setting setting = setting_of(network + kSizes);
  setting.initializer = initializer;
  return predict(setting, name).front();
}

std::string refusal(const std::string& network, const char* name) {
  try {
    predict(setting_of(network), name);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no refusal";
}

struct Row {
  const char* network;
  const char* initializer;
  double measured, tolerance;  // relative
};

// Independent simulations, width 100: geometric means over networks, first linear map to output.
TEST(ScaleCoefficient, IsWhatNetworksShow) {
  const Row rows[] = {
      {"feedforward:depth=50,activation=relu,", "he", 1.46, .13},  // log GSC varies by .5 over 40 networks
      {"feedforward:depth=50,activation=tanh,norm=layer,", "lecun", 72.2, .05},
      {"feedforward:depth=50,activation=tanh,norm=layer,", "orthogonal", 56.8, .05},
      {"feedforward:depth=50,activation=selu,", "orthogonal", 5.48, .05},
      {"feedforward:depth=50,activation=tanh,", "orthogonal", 1.187, .01},
      {"feedforward:depth=50,activation=tanh,", "lecun", 1.282, .08},  // without the floor
      {"feedforward:depth=50,activation=selu,", "lecun", 6.34, .10},   // the floor in full is too much
      {"feedforward:depth=10,norm=batch,", "he", 4.68, .02},
      {"feedforward:depth=10,norm=batch,activation=tanh,", "lecun", 2.25, .08},
      {"residual:depth=10,layers_per_block=2,norm=batch,", "he", 1.79, .05},
      {"residual:depth=26,layers_per_block=2,norm=batch,", "he", 2.82, .05},
      {"residual:depth=50,layers_per_block=2,norm=batch,", "he", 3.97, .05},
      {"residual:depth=100,layers_per_block=2,norm=batch,", "he", 5.86, .05},
      {"residual:depth=50,layers_per_block=2,norm=layer,", "he", 1.05, .05},
      {"residual:depth=50,layers_per_block=2,norm=layer,activation=tanh,", "lecun", 1.80, .07},
  };
  for (const Row& row : rows) {
    const double first = predicted(row.network, "gradient_scale_coefficient", row.initializer).values.front();
    EXPECT_NEAR(first / row.measured, 1, row.tolerance) << row.network << " " << row.initializer;
  }
}

TEST(NonlinearityCoefficient, IsWhatNetworksShow) {
  constexpr double kSpread = .15;
  const Row rows[] = {
      {"feedforward:depth=10,norm=batch,", "he", 5.5},
      {"feedforward:depth=10,activation=tanh,", "lecun", 1.18},
      {"feedforward:depth=50,activation=tanh,", "lecun", 1.28},
      {"feedforward:depth=10,activation=tanh,norm=layer,", "lecun", 2.2},
      {"feedforward:depth=50,activation=tanh,norm=layer,", "lecun", 75},
      {"feedforward:depth=10,activation=tanh,norm=batch,", "lecun", 2.2},
      {"feedforward:depth=10,activation=selu,", "lecun", 1.4},
      {"feedforward:depth=50,activation=selu,", "lecun", 6.9},
      {"residual:depth=10,layers_per_block=2,norm=batch,", "he", 2.1},
      {"residual:depth=50,layers_per_block=2,norm=batch,", "he", 4.6},
  };
  for (const Row& row : rows) {
    const double value = predicted(row.network, "nonlinearity_coefficient", row.initializer).values.front();
    EXPECT_NEAR(value / row.measured, 1, kSpread) << row.network;
  }
}

// The same networks at linear maps 1, 10, 20, 30, 40 and 49 of 50.
TEST(ScaleCoefficient, FallsOverDepthAsNetworksShow) {
  constexpr double kSpread = .07;
  constexpr int kMaps[] = {1, 10, 20, 30, 40, 49};
  const double layer_tanh[] = {75, 34, 13.8, 5.8, 2.4, 1.09}, selu[] = {6.6, 4.8, 3.1, 2.1, 1.4, 1.04};
  const Prediction tanh_curve =
      predicted("feedforward:depth=50,activation=tanh,norm=layer,", "gradient_scale_coefficient", "lecun");
  const Prediction selu_curve =
      predicted("feedforward:depth=50,activation=selu,", "gradient_scale_coefficient", "lecun");
  for (size_t i = 0; i < std::size(kMaps); ++i) {
    const auto at = static_cast<size_t>(kMaps[i] - 1);
    EXPECT_THAT(tanh_curve.values[at], IsNear(layer_tanh[i], kSpread)) << kMaps[i];
    EXPECT_THAT(selu_curve.values[at], IsNear(selu[i], kSpread)) << kMaps[i];
  }
}

TEST(ScaleCoefficient, OfLayersIsAPowerOfOne) {
  const Prediction curve =
      predicted("feedforward:depth=20,norm=layer,activation=tanh,", "gradient_scale_coefficient", "lecun");
  EXPECT_EQ(curve.x_name, "depth");
  ASSERT_EQ(curve.x.size(), 20U);
  const double rate = layer_growth(nonlinearity_of("tanh")) * width_floor(1 / 100.0);
  for (size_t k = 0; k < 20; ++k) {
    EXPECT_EQ(curve.x[k], k) << "nonlinearities before the linear map";
    EXPECT_THAT(curve.values[k], IsNear(std::pow(rate, 19 - static_cast<double>(k)), 1e-12));
  }
}

TEST(ScaleCoefficient, OfLinearNetworksIsOne) {
  for (const double value :
       predicted("feedforward:depth=30,activation=identity,", "gradient_scale_coefficient").values) {
    EXPECT_NEAR(value, 1, 1e-12);
  }
  for (const double value :
       predicted("feedforward:depth=30,activation=prelu,slope=1,", "gradient_scale_coefficient").values) {
    EXPECT_NEAR(value, 1, 1e-12);
  }
}

TEST(ScaleCoefficient, StandsAtTheSumsOfResidualNetworks) {
  const Prediction curve =
      predicted("residual:depth=8,layers_per_block=2,norm=layer,", "gradient_scale_coefficient");
  EXPECT_THAT(curve.x, testing::ElementsAre(0, 2, 4, 6, 7));
  EXPECT_EQ(curve.values.back(), 1);
}

TEST(ScaleCoefficient, StopsWhereBatchNormMakesItOvershootAndSaysWhy) {
  const char* name = "gradient_scale_coefficient";
  EXPECT_NO_THROW(predicted("feedforward:depth=10,norm=batch,", name));
  const std::string why = refusal("feedforward:depth=11,norm=batch," + kSizes, name);
  EXPECT_THAT(why, testing::HasSubstr("up to 10 linear maps"));
  EXPECT_THAT(why, testing::HasSubstr("twice too large at 50"));
  EXPECT_THAT(refusal("residual:depth=50,alpha=0.3,norm=batch," + kSizes, name),
              testing::HasSubstr("covered are"))
      << "a skip that dilutes little";
}

TEST(MeanField, LeavesOutWhatItDoesNotDescribe) {
  const char* const scale = "gradient_scale_coefficient";
  const char* const nonlinear = "nonlinearity_coefficient";
  const std::pair<std::string, const char*> refused[] = {
      {"feedforward:depth=5,input=9,output=100", scale},
      {"feedforward:depth=5,count=linear,input=9", scale},
      {"feedforward:depth=5,crelu=true," + kSizes, scale},
      {"feedforward:depth=5,norm=center," + kSizes, scale},
      {"feedforward:depth=5,hidden_bias_std=1," + kSizes, scale},
      {"feedforward:depth=5,activation=identity,norm=layer," + kSizes, scale},
      {"feedforward:depth=5," + kSizes, nonlinear},
      {"feedforward:depth=5,norm=layer," + kSizes, nonlinear},
      {"feedforward:depth=5,input=9", "dilution"},
      {"residual:depth=5,input=9,beta=0", "dilution"},
      {"residual:depth=5", "dilution"}};
  for (const auto& [network, name] : refused) {
    EXPECT_THAT(refusal(network, name), testing::HasSubstr("mean_field")) << network;
  }
}

TEST(Dilution, GrowsWithTheRootOfTheBlockAndStaysInHighways) {
  const Prediction blocks = predict(setting_of("residual:depth=20,norm=batch,input=200"), "dilution").front();
  ASSERT_EQ(blocks.x.size(), 20U);
  for (size_t b = 0; b < 20; ++b) {
    EXPECT_EQ(blocks.x[b], b + 1);
    EXPECT_THAT(blocks.values[b], IsNear(std::sqrt(b + 1.0), 1e-12));
  }
  const Prediction two =
      predict(setting_of("residual:depth=6,beta=0.1,layers_per_block=2,norm=layer,input=9"), "dilution")
          .front();
  EXPECT_THAT(two.x, testing::ElementsAre(2, 4, 6));
  EXPECT_THAT(two.values[0], IsNear(10, 1e-12));
  const Prediction scalars = predict(setting_of("highway:depth=9,gamma2=0.6,input=9"), "dilution").front();
  for (const double value : scalars.values) {
    EXPECT_THAT(value, IsNear(.8 / .6, 1e-12));
  }
}

}  // namespace
}  // namespace shatterproof::mean_field_theory_test
