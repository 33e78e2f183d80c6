// SPDX-License-Identifier: Apache-2.0
#include "experiment/update_budget.h"

#include "shatterproof/network/builder.h"
#include "tests/experiment/subject.h"
#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::update_budget_test {
namespace {

Reading update_budget(const Network& network, const at::Tensor& x, const at::Tensor& labels) {
  Batch batch;
  batch.inputs = {x};
  batch.labels = labels;
  MeasureRequest request;
  request.run.dtype = at::kDouble;
  return measure(network, batch, {"update_budget"}, request).readings[0];
}

TEST(UpdateBudget, OfOneLinearMapByHand) {
  // Logits (1, 0) twice, labels 0 and 1: p = e / (e + 1), errors -log p and -log(1 - p), gradients
  // +-(1 - p) and +-p in both numbers.
  NetworkBuilder builder("two classes");
  builder.output(builder.linear(builder.input("input", {1}), {"layer_1", 1, 2, false, "", ""}));
  Network network = builder.build();
  network.set_parameter("layer_1.weight", at::tensor({1.0F, 0.0F}).view({2, 1}));
  const double p = M_E / (M_E + 1);
  const double gradients = 2 * (1 - p) * (1 - p) + 2 * p * p, values = 2;
  const double errors = std::pow(std::log(p), 2) + std::pow(std::log(1 - p), 2);
  const Reading budget = update_budget(network, at::ones({2, 1}), at::tensor({0, 1}, at::kLong));
  EXPECT_THAT(budget.values.at(0), IsNear(1 / std::sqrt(gradients / (2 * 2) * values / errors), 1e-7));
  EXPECT_EQ(budget.functional, "loss");
}

TEST(UpdateBudget, IsWhatTheCoefficientToTheErrorPredicts) {
  // A layer's output moved along the gradient by a small relative step s changes the error, by the linear
  // model, by s ||f|| ||g||: of one example with d_k = 1 that is s GSC(k, 0) |E|.
  const at::Tensor x = gaussian_tensor("x", {1, 3}).to(at::kFloat);
  NetworkBuilder builder("one unit");
  std::string h = builder.linear(builder.input("input", {3}), {"layer_1", 3, 1, false, "", ""});
  builder.output(builder.linear(h, {"layer_2", 1, 4, false, "", ""}));
  Network narrow = builder.build();
  for (const char* name : {"layer_1.weight", "layer_2.weight"}) {
    narrow.set_parameter(
        name, gaussian_tensor(name, narrow.find_parameter(name)->value.sizes().vec()).to(at::kFloat));
  }
  const auto error = [&](double factor) {
    const at::Tensor f =
        narrow.find_parameter("layer_1.weight")->value.to(at::kDouble).mv(x[0].to(at::kDouble));
    const at::Tensor logits = narrow.find_parameter("layer_2.weight")->value.to(at::kDouble).mv(factor * f);
    return -at::log_softmax(logits, 0)[2].item<double>();
  };
  constexpr double kStep = 1e-5;
  const double slope = std::abs(error(1 + kStep) - error(1 - kStep)) / (2 * kStep);
  const Reading budget = update_budget(narrow, x, at::tensor({2}, at::kLong));
  EXPECT_THAT(budget.values.at(0), IsNear(error(1) / slope, 1e-6));
}

TEST(UpdateBudget, SaysWhyItIsUndefined) {
  const Network network = rectifier_network(3, 4, 2, 1);
  const at::Tensor x = gaussian_tensor("x", {6, 3}).to(at::kFloat);
  EXPECT_THAT(update_budget(network, x, {}).undefined, ::testing::HasSubstr("no labels"));
  EXPECT_THAT(update_budget(rectifier_network(3, 1, 2, 1), x, at::zeros({6}, at::kLong)).undefined,
              ::testing::HasSubstr("error is zero"));
  EXPECT_THROW(update_budget(network, x, at::full({6}, 4, at::kLong)), std::invalid_argument);
}

}  // namespace
}  // namespace shatterproof::update_budget_test
