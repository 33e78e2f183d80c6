// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "gradient_samples.h"
#include "operator_call.h"

namespace shatterproof::operator_normalization_test {
namespace {

using Ints = std::vector<int64_t>;

constexpr double kRounding = 1e-6;  // float32, numbers of size 1

struct Norm {
  at::Tensor x;
  double epsilon = 0;
  size_t outputs = 1;
  at::Tensor gain = at::ones({x.size(1)}, x.options());
  at::Tensor bias = at::zeros({x.size(1)}, x.options());
  at::Tensor mean = at::zeros({x.size(1)}, x.options());
  at::Tensor variance = at::ones({x.size(1)}, x.options());

  std::vector<at::Tensor> outputs_under(BatchStatistics batch_norm,
                                        MomentsOverBatch* statistics = nullptr) const {
    const NodeText text{"BatchNormalization", 15, {{"epsilon", epsilon}}, outputs};
    const Node node = text.node(5);
    const std::vector<at::Tensor> inputs = {x, gain, bias, mean, variance};
    return evaluate({node, inputs, batch_norm, x.size(0), statistics});
  }
  at::Tensor output_under(BatchStatistics batch_norm, MomentsOverBatch* statistics = nullptr) const {
    return outputs_under(batch_norm, statistics)[0];
  }
};

at::Tensor normalized_by_definition(const at::Tensor& x, double epsilon) {
  const at::Tensor wide = x.to(at::kDouble);
  Ints axes = {0};
  for (int64_t axis = 2; axis < x.dim(); ++axis) axes.push_back(axis);
  const at::Tensor centred = wide - wide.mean(axes, true);
  return (centred / (centred.square().mean(axes, true) + epsilon).sqrt()).to(x.scalar_type());
}

TEST(BatchNormalization, TakesBiasedBatchStatisticsWhateverItsTrainingMode) {
  for (const Ints& sizes : {Ints{7, 3}, {256, 200}, {5, 3, 4}, {4, 3, 9, 7}}) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      const at::Tensor x = (spread(sizes) / std::sqrt(spread(sizes).var().item<double>()) + 3).to(type);
      for (const BatchStatistics batch_norm : {BatchStatistics::detached, BatchStatistics::attached}) {
        const at::Tensor y = Norm{x, 0.01}.output_under(batch_norm);
        const double tolerance = type == at::kFloat ? 10 * kRounding : 1e-12;
        EXPECT_TRUE(at::allclose(y, normalized_by_definition(x, 0.01), tolerance, tolerance)) << x.sizes();
      }
    }
  }
}

TEST(BatchNormalization, IsTheSameForATransposedView) {
  const at::Tensor x = spread({3, 8}).to(at::kFloat).t();
  EXPECT_TRUE(identical(Norm{x}.output_under(BatchStatistics::detached),
                        Norm{x.contiguous()}.output_under(BatchStatistics::detached)));
}

TEST(BatchNormalization, GivesTheBiasToAUnitWithoutVariance) {
  // 0.1 thrice sums to a mean that is not 0.1: only the exact test for a constant unit keeps noise from
  // becoming 1.
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    at::Tensor x = spread({3, 4, 5}).to(type);
    x.select(1, 2).fill_(0.1);
    for (const BatchStatistics batch_norm : {BatchStatistics::detached, BatchStatistics::attached}) {
      Norm norm{x.clone().requires_grad_(true)};
      norm.bias = at::full({4}, 7, x.options());
      const at::Tensor y = norm.output_under(batch_norm);
      EXPECT_TRUE(y.select(1, 2).eq(7).all().item<bool>()) << to_string(batch_norm);
      (y * y).sum().backward();
      EXPECT_TRUE(norm.x.grad().isfinite().all().item<bool>()) << to_string(batch_norm);
      EXPECT_TRUE(norm.x.grad().select(1, 2).eq(0).all().item<bool>()) << to_string(batch_norm);
      EXPECT_GT(norm.x.grad().abs().max().item<double>(), 0) << to_string(batch_norm);
    }
  }
  Norm stored{spread({3, 2}).to(at::kFloat)};
  stored.variance = floats({0, 1});
  EXPECT_TRUE(stored.output_under(BatchStatistics::stored).select(1, 0).eq(0).all().item<bool>());
}

TEST(BatchNormalization, FindsTheVarianceOfAConstantUnitToBeZeroWhateverItsValue) {
  // The mean of seven equal numbers is often not that number: rounding must not pass for variance.
  const at::Tensor x = (at::arange(1, 51, at::kDouble) / 3).expand({7, 50}).contiguous();
  MomentsOverBatch statistics;
  Norm{x}.output_under(BatchStatistics::detached, &statistics);
  EXPECT_TRUE(identical(statistics.variance, at::zeros({50}, at::kDouble)));
  EXPECT_TRUE(identical(statistics.mean, x[0]));
}

TEST(BatchNormalization, OfOneExampleIsItsBias) {
  for (const BatchStatistics batch_norm : {BatchStatistics::detached, BatchStatistics::attached}) {
    EXPECT_TRUE(identical(Norm{floats({5, -2}, {1, 2})}.output_under(batch_norm), floats({0, 0}, {1, 2})));
  }
}

TEST(BatchNormalization, PassesOnWhatIsNotFinite) {
  const at::Tensor x = floats({1, 1, std::numeric_limits<double>::quiet_NaN(), 2}, {2, 2});
  for (const BatchStatistics batch_norm : {BatchStatistics::detached, BatchStatistics::attached}) {
    const at::Tensor y = Norm{x}.output_under(batch_norm);
    EXPECT_TRUE(y.select(1, 0).isnan().all().item<bool>());
    EXPECT_TRUE(identical(y.select(1, 1), floats({-1, 1})));
  }
}

TEST(BatchNormalization, HeldGivesEachExampleItsOwnGradient) {
  const at::Tensor x = spread({6, 3}).to(at::kFloat).requires_grad_(true);
  const at::Tensor y = Norm{x}.output_under(BatchStatistics::detached);
  y.select(0, 2).sum().backward();
  const at::Tensor elsewhere = at::cat({x.grad().slice(0, 0, 2), x.grad().slice(0, 3)});
  EXPECT_TRUE(elsewhere.eq(0).all().item<bool>());
  EXPECT_TRUE(at::allclose(x.grad()[2], 1 / x.detach().var(0, false).sqrt(), kRounding, kRounding));
}

TEST(BatchNormalization, HeldStoresItsStatisticsAndUsesThemForOtherBatches) {
  const at::Tensor x = spread({6, 3}).to(at::kFloat);
  MomentsOverBatch statistics;
  const at::Tensor y = Norm{x}.output_under(BatchStatistics::detached, &statistics);
  EXPECT_TRUE(at::allclose(statistics.mean, x.mean(0), kRounding, kRounding));
  EXPECT_TRUE(at::allclose(statistics.variance, x.var(0, false), kRounding, kRounding));
  const at::Tensor part = Norm{x.slice(0, 1, 3)}.output_under(BatchStatistics::detached, &statistics);
  EXPECT_TRUE(identical(part, y.slice(0, 1, 3)));
}

TEST(BatchNormalization, MovesItsRunningStatistics) {
  const at::Tensor x = floats({1, 2, 3, 6}, {4, 1});
  for (const BatchStatistics batch_norm : {BatchStatistics::detached, BatchStatistics::attached}) {
    const std::vector<at::Tensor> outputs = Norm{x, 1e-5, 3}.outputs_under(batch_norm);
    EXPECT_TRUE(at::allclose(outputs[1], floats({0.3}), kRounding));         // 0.9 * 0 + 0.1 * 3
    EXPECT_TRUE(at::allclose(outputs[2], floats({0.9 + 0.35}), kRounding));  // 0.9 * 1 + 0.1 * 14 / 4
  }
  const std::vector<at::Tensor> old = Norm{x, 1e-5, 5}.outputs_under(BatchStatistics::attached);
  EXPECT_TRUE(at::allclose(old[3], floats({3}))) << "saved mean of the operator sets before 14";
  EXPECT_TRUE(at::allclose(old[4], floats({3.5})));
}

TEST(BatchNormalization, MadeEveryPositionAUnitWhenNotSpatial) {
  const at::Tensor x = spread({4, 2, 3}).to(at::kFloat);
  const std::vector<at::Tensor> inputs = {x, at::ones({2, 3}), at::zeros({2, 3}), at::zeros({2, 3}),
                                          at::ones({2, 3})};
  const at::Tensor y = output_of({"BatchNormalization", 7, {{"spatial", int64_t{0}}, {"epsilon", 0.0}}},
                                 inputs, BatchStatistics::attached);
  EXPECT_TRUE(at::allclose(y, normalized_by_definition(x.flatten(1), 0).reshape({4, 2, 3}), 1e-5, 1e-5));
}

TEST(BatchNormalization, RefusesStatisticsOfAnotherNumberOfUnits) {
  Norm norm{spread({4, 3})};
  norm.mean = at::zeros({4}, at::kDouble);
  EXPECT_THROW(norm.output_under(BatchStatistics::stored), std::invalid_argument);
}

std::vector<at::Tensor> reduced(const at::Tensor& x, BatchStatistics batch_norm, int64_t examples,
                                MomentsOverBatch* statistics = nullptr) {
  const NodeText text{"ReduceMean", 13, {{"axes", Ints{0}}}};
  const Node node = text.node(1);
  const std::vector<at::Tensor> inputs = {x};
  return evaluate({node, inputs, batch_norm, examples, statistics});
}

TEST(ReduceMean, OverTheBatchIsAConstantOfTheDerivativeOnlyUnderHeld) {
  const at::Tensor x = spread({4, 3}).requires_grad_(true);
  EXPECT_FALSE(reduced(x, BatchStatistics::detached, 4)[0].requires_grad());
  EXPECT_TRUE(reduced(x, BatchStatistics::attached, 4)[0].requires_grad());
  EXPECT_TRUE(reduced(x, BatchStatistics::detached, 0)[0].requires_grad()) << "axis 0 is not the batch";
  EXPECT_TRUE(reduced(x, BatchStatistics::detached, 5)[0].requires_grad()) << "axis 0 is not the batch";
}

TEST(ReduceMean, OverTheBatchIsKeptForOtherBatchesUnderHeld) {
  MomentsOverBatch statistics;
  const at::Tensor x = spread({4, 3});
  const at::Tensor mean = reduced(x, BatchStatistics::detached, 4, &statistics)[0];
  EXPECT_TRUE(at::allclose(mean, x.mean(0, true)));
  EXPECT_TRUE(identical(reduced(x.slice(0, 0, 2), BatchStatistics::detached, 2, &statistics)[0], mean));
}

TEST(LayerNormalization, GivesTheBiasToARowWithoutVariance) {
  at::Tensor x = spread({3, 4}).to(at::kFloat);
  x.select(0, 1).fill_(0.1);
  x.requires_grad_(true);
  const at::Tensor bias = floats({1, 2, 3, 4});
  const at::Tensor y = output_of({"LayerNormalization", 17, {{"epsilon", 0.0}}}, {x, at::ones({4}), bias});
  EXPECT_TRUE(identical(y[1], bias));
  EXPECT_TRUE(at::allclose(y[0] - bias, normalized_by_definition(x.detach()[0].unsqueeze(1), 0).squeeze(1),
                           1e-5, 1e-5));
  (y * y).sum().backward();
  EXPECT_TRUE(x.grad().isfinite().all().item<bool>());
  EXPECT_TRUE(x.grad()[1].eq(0).all().item<bool>());
}

TEST(Lrn, WeighsTheChannelsAround) {
  // size 2 looks one channel ahead and none back.
  const at::Tensor x = floats({1, 2, 3}, {1, 3, 1});
  const at::Tensor y =
      output_of({"LRN", 13, {{"size", int64_t{2}}, {"alpha", 2.0}, {"beta", 1.0}, {"bias", 1.0}}}, {x});
  EXPECT_TRUE(at::allclose(y.flatten(), floats({1.0 / 6, 2.0 / 14, 3.0 / 10}), kRounding));
}

}  // namespace
}  // namespace shatterproof::operator_normalization_test
