// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/train/optimizer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>

#include "shatterproof/architecture/catalog.h"
#include "tests/matchers.h"

namespace shatterproof::optimizer_test {
namespace {

constexpr double kRounding = 1e-12;  // of a few float64 operations

TrainableParameter parameter(const std::string& name, double value) {
  return {name, at::full({1}, value, at::kDouble).requires_grad_(true)};
}

void set_gradient(const TrainableParameter& parameter, double gradient) {
  parameter.value.mutable_grad() = at::full_like(parameter.value, gradient).detach();
}

double value(const TrainableParameter& parameter) {
  return parameter.value.item<double>();
}

// Gradients 1, 2, 3, ... at rates .1, .2, .3, ...
void make_steps(Optimizer& optimizer, const TrainableParameter& parameter, int first, int last) {
  for (int i = first; i <= last; ++i) {
    set_gradient(parameter, i);
    optimizer.step(.1 * i);
  }
}

TEST(Optimizer, SgdWithMomentumFollowsItsFormula) {
  const TrainableParameter w = parameter("w", 5);
  Optimizer optimizer("sgd:momentum=0.5", {w});
  make_steps(optimizer, w, 1, 3);
  const double v1 = 1, v2 = .5 * v1 + 2, v3 = .5 * v2 + 3;
  EXPECT_THAT(value(w), IsNear(5 - .1 * v1 - .2 * v2 - .3 * v3, kRounding));
}

TEST(Optimizer, AdamFollowsItsFormula) {
  const TrainableParameter w = parameter("w", 5);
  Optimizer optimizer("adam:beta1=0.8,beta2=0.9,epsilon=0.01", {w});
  make_steps(optimizer, w, 1, 4);
  double expected = 5, m = 0, v = 0;
  for (int t = 1; t <= 4; ++t) {
    m = .8 * m + .2 * t;
    v = .9 * v + .1 * t * t;
    expected -= .1 * t * m / (1 - std::pow(.8, t)) / (std::sqrt(v / (1 - std::pow(.9, t))) + .01);
  }
  EXPECT_THAT(value(w), IsNear(expected, kRounding));
}

TEST(Optimizer, RmsPropFollowsItsFormula) {
  const TrainableParameter w = parameter("w", 5);
  Optimizer optimizer("rmsprop:decay=0.9,epsilon=0.01", {w});
  make_steps(optimizer, w, 1, 3);
  double expected = 5, v = 0;
  for (int t = 1; t <= 3; ++t) {
    v = .9 * v + .1 * t * t;
    expected -= .1 * t * t / (std::sqrt(v) + .01);
  }
  EXPECT_THAT(value(w), IsNear(expected, kRounding));
}

TEST(Optimizer, WeightDecayPullsTowardsZero) {
  const TrainableParameter w = parameter("w", 5);
  Optimizer optimizer("sgd:weight_decay=0.1", {w});
  set_gradient(w, 0);
  optimizer.step(.2);
  EXPECT_THAT(value(w), IsNear(5 - .2 * .1 * 5, kRounding));
}

TEST(Optimizer, AFactorBelongsToAParameterOrToItsLayer) {
  const TrainableParameter a = parameter("a.weight", 0), bias = parameter("a.bias", 0),
                           b = parameter("b.weight", 0), c = parameter("c.weight", 0);
  Optimizer optimizer("sgd", {a, bias, b, c}, {{"a", .5}, {"a.bias", .25}, {"b.weight", 0}});
  for (const TrainableParameter& each : {a, bias, b, c}) set_gradient(each, -1);
  optimizer.step(1);
  EXPECT_EQ(value(a), .5);
  EXPECT_EQ(value(bias), .25);
  EXPECT_EQ(value(b), 0);
  EXPECT_EQ(value(c), 1);
  EXPECT_THROW(Optimizer("sgd", {a}, {{"z", 1}}), std::invalid_argument);
  EXPECT_THROW(Optimizer("sgd", {a}, {{"a", -1}}), std::invalid_argument);
  EXPECT_THROW(Optimizer("sgd", {a}, {{"a", NAN}}), std::invalid_argument);
}

class EveryOptimizer : public ::testing::TestWithParam<OptimizerRecord> {};

TEST_P(EveryOptimizer, GoesOnFromItsStateToTheBit) {
  const std::string spec =
      GetParam().name + (GetParam().name == "adam" ? ":weight_decay=0.1" : ":momentum=0.9,weight_decay=0.1");
  const TrainableParameter straight = parameter("w", 5);
  Optimizer whole(spec, {straight});
  make_steps(whole, straight, 1, 6);

  const TrainableParameter before = parameter("w", 5);
  Optimizer first(spec, {before});
  make_steps(first, before, 1, 3);
  const TrainableParameter after = parameter("w", value(before));
  Optimizer second(spec, {after});
  second.restore(first.state());
  make_steps(second, after, 4, 6);
  EXPECT_EQ(value(after), value(straight));

  Optimizer forgetful(spec, {parameter("w", 1)});
  EXPECT_THROW(forgetful.restore({{"v/step", at::scalar_tensor(1, at::kLong)}}), std::invalid_argument);
}

TEST_P(EveryOptimizer, IsFullyDescribedAndRefusesTheRest) {
  EXPECT_FALSE(GetParam().sentence.empty());
  EXPECT_FALSE(GetParam().formula.empty());
  for (const OptionRecord& option : GetParam().options) {
    const TrainableParameter told = parameter("w", 1), untold = parameter("w", 1);
    Optimizer with(fmt::format("{}:{}={}", GetParam().name, option.name, option.otherwise), {told});
    Optimizer without(GetParam().name, {untold});
    make_steps(with, told, 1, 2);
    make_steps(without, untold, 1, 2);
    EXPECT_EQ(value(told), value(untold)) << option.name;
    if (option.name == "nesterov") continue;
    EXPECT_THROW(Optimizer(fmt::format("{}:{}=-1", GetParam().name, option.name), {told}),
                 std::invalid_argument)
        << option.name;
  }
  EXPECT_THROW(Optimizer(GetParam().name + ":rate=1", {parameter("w", 1)}), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(List, EveryOptimizer, ::testing::ValuesIn(optimizers().begin(), optimizers().end()),
                         [](const auto& info) { return info.param.name; });

TEST(LearningRateFactors, AreACurveDividedByItsLargestValue) {
  const Network network = build_family("feedforward:depth=2,input=3,width=4");
  Reading curve = curve_reading("update_budget", "depth", {1, 2, 3}, {.5, 1, 2});
  curve.x_labels = {"layer_1", "layer_2", "readout"};
  const LearningRateFactors factors = learning_rate_factors(network, curve);
  EXPECT_EQ(factors,
            (LearningRateFactors{{"layer_1.weight", .25}, {"layer_2.weight", .5}, {"readout.weight", 1}}));
  curve.x_labels[0] = "layer_9";
  EXPECT_THROW(learning_rate_factors(network, curve), std::invalid_argument);
  curve.x_labels[0] = "layer_1";
  curve.values[0] = 0;
  EXPECT_THROW(learning_rate_factors(network, curve), std::invalid_argument);
}

TEST(LearningRateFactors, OfASumAreThoseOfTheLayersOnItsBranch) {
  const Network network = build_family("residual:depth=2,input=4,width=4,layers_per_block=2");
  Reading curve = curve_reading("update_budget", "depth", {1, 2}, {1, 2});
  curve.x_labels = {"layer_2.sum", "readout"};
  const LearningRateFactors factors = learning_rate_factors(network, curve);
  EXPECT_EQ(factors.at("layer_1.weight"), .5);
  EXPECT_EQ(factors.at("layer_2.weight"), .5);
}

}  // namespace
}  // namespace shatterproof::optimizer_test
