// SPDX-License-Identifier: Apache-2.0
#include "experiment/update_ratio.h"

#include <cmath>

#include "shatterproof/network/builder.h"
#include "tests/experiment/subject.h"
#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::update_ratio_test {
namespace {

std::vector<Reading> update_ratio(const Network& network, const at::Tensor& x, const at::Tensor& labels,
                                  const std::string& options = "", int64_t mini_batch = 0) {
  Batch batch;
  batch.inputs = {x};
  batch.labels = labels;
  MeasureRequest request;
  request.run.dtype = at::kDouble;
  request.run.mini_batch = mini_batch;
  return measure(network, batch, {"update_ratio" + options}, request).readings;
}

Network linear_map(const at::Tensor& weight) {
  NetworkBuilder builder("linear map");
  builder.output(builder.linear(builder.input("input", {weight.size(1)}),
                                {"layer_1", weight.size(1), weight.size(0), false, "", ""}));
  Network network = builder.build();
  network.set_parameter("layer_1.weight", weight);
  return network;
}

TEST(UpdateRatio, OfOneLinearMapByHand) {
  // Logits (2, 0) for x = 1, label 0: p = e^2/(e^2 + 1), gradients -(1 - p) and 1 - p; ||W|| = 2.
  const double rest = 1 / (std::exp(2.0) + 1);
  const std::vector<Reading> readings = update_ratio(linear_map(at::tensor({2.0F, 0.0F}).view({2, 1})),
                                                     at::ones({1, 1}), at::zeros({1}, at::kLong));
  EXPECT_THAT(readings[0].values, ::testing::ElementsAre(IsNear(.001 * std::sqrt(2) / 2, 1e-6)));
  EXPECT_THAT(readings[1].values, ::testing::ElementsAre(IsNear(.1 * rest * std::sqrt(2) / 2, 1e-12)));
}

TEST(UpdateRatio, IsProportionalToTheRates) {
  const Network network = rectifier_network(3, 4, 2, 1);
  const at::Tensor x = gaussian_tensor("x", {6, 3}).to(at::kFloat);
  const std::vector<Reading> usual = update_ratio(network, x, {}),
                             asked = update_ratio(network, x, {}, ":rate=0.002,sgd_rate=0.3", 4);
  for (size_t l = 0; l < 2; ++l) {
    EXPECT_THAT(asked[0].values[l], IsNear(2 * usual[0].values[l], 1e-12));
    EXPECT_THAT(asked[1].values[l], IsNear(3 * usual[1].values[l], 1e-12));
  }
}

TEST(UpdateRatio, RefusesARateThatMakesNoStep) {
  const Network network = rectifier_network(3, 4, 2, 1);
  const at::Tensor x = gaussian_tensor("x", {6, 3}).to(at::kFloat);
  for (const char* options : {":rate=0", ":rate=-0.1", ":sgd_rate=0"})
    EXPECT_THROW(update_ratio(network, x, {}, options), std::invalid_argument) << options;
}

// Of weights N(0, s^2) Adam's first step is eta/s of them.
TEST(UpdateRatio, OfAdamIsTheRateOverTheDeviation) {
  const Network network = linear_map(.02 * gaussian_tensor("weight", {50, 400}).to(at::kFloat));
  const std::vector<Reading> readings =
      update_ratio(network, gaussian_tensor("x", {32, 400}).to(at::kFloat), {});
  constexpr double kDrawn = .02;  // of 20,000 numbers
  EXPECT_THAT(readings[0].values[0], IsNear(.05, kDrawn));
}

TEST(UpdateRatio, LeavesOutWeightsOfZeroAndSaysWhyItIsUndefined) {
  Network network = rectifier_network(3, 4, 2, 1);
  const at::Tensor x = gaussian_tensor("x", {6, 3}).to(at::kFloat);
  const at::Tensor last = network.find_parameter("layer_2.weight")->value;
  network.set_parameter("layer_2.weight", at::zeros_like(last));
  const Reading rest = update_ratio(network, x, {})[0];
  EXPECT_THAT(rest.x_labels, ::testing::ElementsAre("layer_1"));
  EXPECT_THAT(rest.values, ::testing::ElementsAre(0));
  EXPECT_THAT(update_ratio(rectifier_network(3, 1, 2, 1), x, {})[0].undefined,
              ::testing::HasSubstr("no classes"));
  network.set_trainable("layer_1.weight", false);
  EXPECT_THAT(update_ratio(network, x, {})[0].undefined, ::testing::HasSubstr("no layer trains"));
}

}  // namespace
}  // namespace shatterproof::update_ratio_test
