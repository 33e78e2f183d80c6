// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "gradient_samples.h"

namespace shatterproof::gradient_test {
namespace {

// Central differences in float64: truncation h^2 = 1e-10 and rounding 1e-16 / h = 1e-11, times derivatives of
// order 100.
constexpr double kStep = 1e-5;
constexpr double kTolerance = 1e-7;  // relative to the largest derivative of the call, or 1

constexpr double kFarOff = 1e-3;  // what a wrong derivative exceeds

/// A scalar of all floating outputs: their sum with fixed, unequal weights.
at::Tensor functional_of(const std::vector<at::Tensor>& outputs) {
  at::Tensor sum = at::zeros({}, at::kDouble);
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i].defined() || !outputs[i].is_floating_point()) continue;
    const at::Tensor weights = spread(outputs[i].sizes(), "weights " + std::to_string(i));
    sum = sum + (outputs[i].to(at::kDouble) * weights).sum();
  }
  return sum;
}

/// One sample run by one row, its batch statistics frozen at the first evaluation.
class Evaluation {
 public:
  Evaluation(const Operator& op, const GradientSample& sample)
      : op_(op), sample_(sample), node_(sample.text.node(sample.inputs.size())) {}

  at::Tensor functional(const std::vector<at::Tensor>& inputs) {
    OperatorCall call{node_, inputs, sample_.batch_norm, sample_.examples, &statistics_};
    call.floating = at::kDouble;
    return functional_of(evaluate(op_, call));
  }

 private:
  const Operator& op_;
  const GradientSample& sample_;
  Node node_;
  MomentsOverBatch statistics_;
};

std::vector<at::Tensor> differentiated(Evaluation& evaluation, std::vector<at::Tensor> inputs) {
  for (at::Tensor& input : inputs) {
    if (input.defined() && input.is_floating_point()) input = input.detach().clone().requires_grad_(true);
  }
  const at::Tensor functional = evaluation.functional(inputs);
  if (functional.requires_grad()) functional.backward();
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& input : inputs) {
    if (!input.defined() || !input.requires_grad()) {
      gradients.emplace_back();
    } else {
      gradients.push_back(input.grad().defined() ? input.grad() : at::zeros_like(input));
    }
  }
  return gradients;
}

at::Tensor central_difference(Evaluation& evaluation, std::vector<at::Tensor> inputs, size_t which) {
  const at::NoGradGuard no_gradient;
  inputs[which] = inputs[which].contiguous().clone();
  const at::Tensor difference = at::empty_like(inputs[which]);
  double* x = inputs[which].data_ptr<double>();
  for (int64_t i = 0; i < difference.numel(); ++i) {
    const double at_rest = x[i];
    x[i] = at_rest + kStep;
    const double above = evaluation.functional(inputs).item<double>();
    x[i] = at_rest - kStep;
    const double below = evaluation.functional(inputs).item<double>();
    x[i] = at_rest;
    difference.data_ptr<double>()[i] = (above - below) / (2 * kStep);
  }
  return difference;
}

/// Largest difference between automatic and numeric derivative, relative to the largest derivative, or 1.
double gradient_error(const Operator& op, const GradientSample& sample) {
  Evaluation evaluation(op, sample);
  const std::vector<at::Tensor> gradients = differentiated(evaluation, sample.inputs);
  double error = 0, scale = 1;
  for (size_t i = 0; i < gradients.size(); ++i) {
    if (!gradients[i].defined() || gradients[i].numel() == 0) continue;
    const at::Tensor numeric = central_difference(evaluation, sample.inputs, i);
    error = std::max(error, (gradients[i] - numeric).abs().max().item<double>());
    scale = std::max(scale, numeric.abs().max().item<double>());
    if (!std::isfinite(error)) return error;
  }
  return error / scale;
}

std::vector<GradientSample> samples_of(std::string_view op) {
  std::vector<GradientSample> samples;
  for (GradientSample& sample : gradient_samples()) {
    if (sample.text.op == op) samples.push_back(std::move(sample));
  }
  return samples;
}

std::vector<std::string> differentiable_rows() {
  std::vector<std::string> names;
  for (const Operator& op : operators()) {
    if (op.differentiable) names.emplace_back(op.name);
  }
  return names;
}

class Gradient : public testing::TestWithParam<std::string> {};

TEST_P(Gradient, IsThatOfCentralDifferences) {
  const std::vector<GradientSample> samples = samples_of(GetParam());
  ASSERT_FALSE(samples.empty()) << GetParam()
                                << " is differentiable and has no sample in gradient_samples.cpp";
  for (size_t i = 0; i < samples.size(); ++i) {
    EXPECT_LT(gradient_error(*find_operator(GetParam()), samples[i]), kTolerance) << "sample " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(OfEveryOperator, Gradient, testing::ValuesIn(differentiable_rows()),
                         [](const auto& row) { return row.param; });

std::vector<at::Tensor> square_with_half_its_derivative(const OperatorCall& call) {
  return {call.inputs[0] * call.inputs[0].detach()};
}

std::vector<at::Tensor> tanh_cut_off(const OperatorCall& call) {
  return {at::tanh(call.inputs[0]).detach()};
}

TEST(GradientCheck, CatchesAWrongDerivative) {
  const GradientSample sample{{"Tanh"}, {spread({3, 5})}};
  for (const auto run : {square_with_half_its_derivative, tanh_cut_off}) {
    const Operator wrong{"Tanh", OperatorRole::nonlinearity, true, 1, 1, run};
    EXPECT_GT(gradient_error(wrong, sample), kFarOff);
  }
}

TEST(GradientCheck, CatchesStatisticsThatAreNotHeld) {
  // The same node with its statistics differentiated through, held against frozen ones.
  for (const char* op : {"BatchNormalization", "ReduceMean"}) {
    for (const GradientSample& sample : samples_of(op)) {
      if (sample.batch_norm != BatchStatistics::detached) continue;
      Operator through = *find_operator(op);
      through.run = [](const OperatorCall& call) {
        OperatorCall other = call;
        if (call.inputs[0].requires_grad()) other.batch_norm = BatchStatistics::attached;
        return find_operator(call.node.op)->run(other);
      };
      EXPECT_GT(gradient_error(through, sample), kFarOff);
    }
  }
}

TEST(OperatorRows, ThatAreNotDifferentiableGiveNoDerivative) {
  EXPECT_FALSE(find_operator("Shape")->differentiable);
  EXPECT_FALSE(output_of({"Shape"}, {spread({2, 3}).requires_grad_(true)}).requires_grad());
  EXPECT_FALSE(output_of({"Equal"}, {spread({2}).requires_grad_(true), spread({2})}).requires_grad());
}

}  // namespace
}  // namespace shatterproof::gradient_test
