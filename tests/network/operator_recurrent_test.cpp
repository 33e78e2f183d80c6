// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

#include "gradient_samples.h"

namespace shatterproof::operator_recurrent_test {
namespace {

constexpr int64_t kSteps = 5, kBatch = 3, kInputs = 4, kUnits = 2;
constexpr double kRounding = 1e-12;  // float64, sums of a few products

/// The rows of `weight`, [gates units, ...], with gates in another order.
at::Tensor reordered(const at::Tensor& weight, const std::vector<int64_t>& order) {
  return weight.unflatten(0, {static_cast<int64_t>(order.size()), kUnits})
      .index_select(0, integers(order))
      .flatten(0, 1);
}

struct Weights {
  std::vector<at::Tensor> onnx;   ///< W, R, B
  std::vector<at::Tensor> torch;  ///< per direction: w_ih, w_hh, b_ih, b_hh
};

/// `order`: which of ONNX's gates stands at each place of ATen's.
Weights weights_of(const std::vector<int64_t>& order, int64_t directions) {
  const auto gates = static_cast<int64_t>(order.size()) * kUnits;
  Weights weights;
  weights.onnx = {spread({directions, gates, kInputs}, "w") * 0.3,
                  spread({directions, gates, kUnits}, "r") * 0.3, spread({directions, 2 * gates}, "b") * 0.3};
  for (int64_t d = 0; d < directions; ++d) {
    const auto halves = at::chunk(weights.onnx[2][d], 2);
    for (const at::Tensor& each : {weights.onnx[0][d], weights.onnx[1][d], halves[0], halves[1]})
      weights.torch.push_back(reordered(each, order));
  }
  return weights;
}

std::vector<at::Tensor> with_states(Weights& weights, const at::Tensor& x,
                                    const std::vector<at::Tensor>& states) {
  std::vector<at::Tensor> inputs = {x, weights.onnx[0], weights.onnx[1], weights.onnx[2], at::Tensor()};
  inputs.insert(inputs.end(), states.begin(), states.end());
  return inputs;
}

void expect_near(const at::Tensor& found, const at::Tensor& expected) {
  ASSERT_EQ(found.sizes(), expected.sizes());
  EXPECT_LT((found - expected).abs().max().item<double>(), kRounding);
}

/// ATen joins the directions along the last axis where ONNX has an axis of its own.
at::Tensor directions_apart(const at::Tensor& y) {
  return y.unflatten(2, {-1, kUnits}).transpose(1, 2);
}

TEST(Recurrent, LstmOfBothDirectionsIsThatOfTheTensorLibrary) {
  Weights weights =
      weights_of({0, 2, 3, 1}, 2);  // input, forget, cell, output of input, output, forget, cell
  const at::Tensor x = spread({kSteps, kBatch, kInputs});
  const at::Tensor h = spread({2, kBatch, kUnits}, "h"), c = spread({2, kBatch, kUnits}, "c");
  const auto [y, last_h, last_c] = at::lstm(x, {h, c}, weights.torch, true, 1, 0.0, false, true, false);
  const auto found =
      outputs_of({"LSTM", 14, {{"direction", "bidirectional"}}, 3}, with_states(weights, x, {h, c}));
  expect_near(found[0], directions_apart(y));
  expect_near(found[1], last_h);
  expect_near(found[2], last_c);
}

TEST(Recurrent, GruWithLinearBeforeResetIsThatOfTheTensorLibrary) {
  Weights weights = weights_of({1, 0, 2}, 2);  // reset, update, hidden of update, reset, hidden
  const at::Tensor x = spread({kSteps, kBatch, kInputs}), h = spread({2, kBatch, kUnits}, "h");
  const auto [y, last] = at::gru(x, h, weights.torch, true, 1, 0.0, false, true, false);
  const auto found =
      outputs_of({"GRU", 14, {{"direction", "bidirectional"}, {"linear_before_reset", int64_t{1}}}, 2},
                 with_states(weights, x, {h}));
  expect_near(found[0], directions_apart(y));
  expect_near(found[1], last);
}

TEST(Recurrent, RnnIsThatOfTheTensorLibraryAlsoWithTheBatchFirst) {
  Weights weights = weights_of({0}, 1);
  const at::Tensor x = spread({kSteps, kBatch, kInputs}), h = spread({1, kBatch, kUnits}, "h");
  const auto [y, last] = at::rnn_relu(x, h, weights.torch, true, 1, 0.0, false, false, false);
  const Attribute relu = std::vector<std::string>{"Relu"};
  const auto found = outputs_of({"RNN", 14, {{"activations", relu}}, 2}, with_states(weights, x, {h}));
  expect_near(found[0], directions_apart(y));
  expect_near(found[1], last);
  const auto batch_first = outputs_of({"RNN", 14, {{"activations", relu}, {"layout", int64_t{1}}}, 2},
                                      with_states(weights, x.transpose(0, 1), {h.transpose(0, 1)}));
  expect_near(batch_first[0].permute({1, 2, 0, 3}), found[0]);
  expect_near(batch_first[1].transpose(0, 1), last);
}

TEST(Recurrent, AShorterExampleIsComputedAsIfItWereAlone) {
  Weights weights = weights_of({0, 1, 2, 3}, 2);
  const at::Tensor x = spread({kSteps, kBatch, kInputs});
  std::vector<at::Tensor> inputs = with_states(weights, x, {});
  inputs[4] = integers({5, 3, 0});
  const NodeText node{"LSTM", 14, {{"direction", "bidirectional"}}, 3};
  const auto found = outputs_of(node, inputs);
  const at::Tensor alone = x.narrow(0, 0, 3).narrow(1, 1, 1);
  const auto expected = outputs_of(node, with_states(weights, alone, {}));
  expect_near(found[0].narrow(0, 0, 3).narrow(2, 1, 1), expected[0]);
  expect_near(found[1].narrow(1, 1, 1), expected[1]);
  EXPECT_EQ(found[0].narrow(0, 3, 2).narrow(2, 1, 1).abs().max().item<double>(), 0);
  EXPECT_EQ(found[1].narrow(1, 2, 1).abs().max().item<double>(), 0);
}

TEST(Recurrent, ByHandOneStepOfAnLstmWithPeepholesAndClip) {
  // One unit, one input: gates i, o, f, c read 0 from the weights, so that only state and peepholes count.
  const at::Tensor zeros = at::zeros({1, 4, 1}, at::kDouble);
  const at::Tensor h = at::zeros({1, 1, 1}, at::kDouble), c = at::full({1, 1, 1}, 2.0, at::kDouble);
  const at::Tensor peepholes = at::tensor({0.5, 1.0, -0.5}, at::kDouble).reshape({1, 3});
  const std::vector<at::Tensor> inputs = {
      at::zeros({1, 1, 1}, at::kDouble), zeros, zeros, at::Tensor(), at::Tensor(), h, c, peepholes};
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  const double cell = sigmoid(-1) * 2;  // f c + i tanh(0)
  auto found = outputs_of({"LSTM", 14, {}, 3}, inputs);
  EXPECT_NEAR(found[2].item<double>(), cell, kRounding);
  EXPECT_NEAR(found[1].item<double>(), sigmoid(cell) * std::tanh(cell), kRounding);
  found = outputs_of({"LSTM", 14, {{"clip", 0.25}}, 3}, inputs);
  EXPECT_NEAR(found[2].item<double>(), sigmoid(-0.25) * 2, kRounding);
  EXPECT_NEAR(found[1].item<double>(), sigmoid(0.25) * std::tanh(0.25), kRounding);
}

TEST(Recurrent, TakesANumberForEachActivationThatHasOne) {
  Weights weights = weights_of({0}, 2);
  const at::Tensor x = spread({kSteps, kBatch, kInputs});
  const auto run = [&](const std::vector<std::string>& names, const std::vector<double>& alphas) {
    return output_of(
        {"RNN", 14, {{"direction", "bidirectional"}, {"activations", names}, {"activation_alpha", alphas}}},
        with_states(weights, x, {}));
  };
  // An alpha of 0 makes LeakyRelu Relu; Tanh takes none, so that the only number is the second function's.
  expect_near(run({"Tanh", "LeakyRelu"}, {0.0}), run({"Tanh", "Relu"}, {}));
  EXPECT_GT((run({"Tanh", "LeakyRelu"}, {}) - run({"Tanh", "Relu"}, {})).abs().max().item<double>(), 1e-3);
}

TEST(Recurrent, NamesWhatDoesNotFit) {
  Weights weights = weights_of({0}, 1);
  const at::Tensor x = spread({kSteps, kBatch, kInputs});
  std::vector<at::Tensor> inputs = with_states(weights, x, {});
  EXPECT_EQ(refusal_of({"RNN", 14, {{"direction", "bidirectional"}}}, inputs),
            "RNN 'node_1': input 1 is [2, 2, 4]; got [1, 2, 4]");
  EXPECT_EQ(refusal_of({"RNN", 14, {{"activations", std::vector<std::string>{"Swish"}}}}, inputs),
            "RNN 'node_1': activations are Affine, Elu, HardSigmoid, LeakyRelu, Relu, ScaledTanh, Sigmoid, "
            "Softplus, Softsign, Tanh, ThresholdedRelu; got Swish");
  inputs[4] = integers({5, 6, 1});
  EXPECT_EQ(refusal_of({"RNN", 14}, inputs), "RNN 'node_1': 3 lengths lie in [0, 5]; got [5, 6, 1]");
}

}  // namespace
}  // namespace shatterproof::operator_recurrent_test
