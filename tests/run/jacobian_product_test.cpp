// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"
#include "shatterproof/run/execution.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::jacobian_product_test {
namespace {

constexpr double kRounding = 1e-9;

struct Subject {
  explicit Subject(const std::string& spec, BatchStatistics batch_norm = BatchStatistics::detached)
      : network(initialize(build_family(spec), "he", 3).network),
        batch(gaussian_batch(network.inputs(), 6, 1)),
        execution(network, {.batch_norm = batch_norm, .dtype = at::kDouble}) {}

  Network network;
  Batch batch;
  Execution execution;
};

TEST(JacobianProducts, OfAForwardDerivativeAgreeWithCentralDifferences) {
  for (const BatchStatistics batch_norm : {BatchStatistics::detached, BatchStatistics::attached}) {
    Subject subject("residual:input=5,width=7,output=3,depth=4,norm=batch,activation=tanh", batch_norm);
    if (batch_norm == BatchStatistics::detached) subject.execution.hold_statistics(subject.batch.inputs);
    const at::Tensor v = gaussian_tensor("v", {6, 5});
    const auto moved = [&](double step) {
      Batch displaced = subject.batch;
      displaced.inputs[0] = displaced.inputs[0].to(at::kDouble) + step * v;
      return subject.execution.outputs(displaced)[0];
    };
    constexpr double kStep = 1e-5;
    const at::Tensor difference = (moved(kStep) - moved(-kStep)) / (2 * kStep);
    const at::Tensor product = subject.execution.jacobian_times(subject.batch, v);
    EXPECT_LT((product - difference).abs().max().item<double>(), 1e-7) << to_string(batch_norm);
  }
}

TEST(JacobianProducts, AreTransposesOfEachOther) {
  for (const BatchStatistics batch_norm : {BatchStatistics::detached, BatchStatistics::attached}) {
    Subject subject("feedforward:input=5,width=7,output=3,depth=3,norm=batch", batch_norm);
    const at::Tensor u = gaussian_tensor("u", {6, 3}), v = gaussian_tensor("v", {6, 5});
    const double forward = (u * subject.execution.jacobian_times(subject.batch, v)).sum().item<double>();
    const double backward =
        (v * subject.execution.jacobian_transpose_times(subject.batch, {u})[0]).sum().item<double>();
    EXPECT_NEAR(forward, backward, kRounding * std::abs(backward)) << to_string(batch_norm);
  }
}

TEST(JacobianProducts, OfOnesAreTheGradientOfTheSum) {
  Subject subject("feedforward:input=5,width=7,output=3,depth=3,norm=batch");
  const at::Tensor product = subject.execution.jacobian_transpose_times(subject.batch, {at::ones({6, 3})})[0];
  EXPECT_TRUE(at::equal(product, subject.execution.input_gradient(subject.batch)));
}

TEST(JacobianProducts, RunInMiniBatches) {
  Subject whole("feedforward:input=5,width=7,output=3,depth=3");
  Execution parts(whole.network, {.dtype = at::kDouble, .mini_batch = 4});
  const at::Tensor u = gaussian_tensor("u", {6, 3}), v = gaussian_tensor("v", {6, 5});
  EXPECT_LT((parts.jacobian_times(whole.batch, v) - whole.execution.jacobian_times(whole.batch, v))
                .abs()
                .max()
                .item<double>(),
            kRounding);
  EXPECT_LT((parts.jacobian_transpose_times(whole.batch, {u})[0] -
             whole.execution.jacobian_transpose_times(whole.batch, {u})[0])
                .abs()
                .max()
                .item<double>(),
            kRounding);
}

TEST(JacobianProducts, OfSeveralFactorsShareAForwardPass) {
  for (const int64_t mini_batch : {0, 4}) {
    const Network network =
        initialize(build_family("feedforward:input=5,width=7,output=3,depth=3"), "he", 3).network;
    Execution execution(network, {.dtype = at::kDouble, .mini_batch = mini_batch});
    const Batch batch = gaussian_batch(network.inputs(), 6, 1);
    const std::vector<at::Tensor> us = {gaussian_tensor("u", {6, 3}), gaussian_tensor("w", {6, 3}),
                                        at::zeros({6, 3})};
    const std::vector<at::Tensor> together = execution.jacobian_transpose_times(batch, us);
    ASSERT_EQ(together.size(), us.size());
    for (size_t i = 0; i < us.size(); ++i)
      EXPECT_TRUE(at::equal(together[i], execution.jacobian_transpose_times(batch, {us[i]})[0]))
          << mini_batch;
  }
}

TEST(JacobianProducts, OfTheIdentityAreTheFactor) {
  NetworkBuilder builder("identity");
  builder.output(builder.node("Identity", "same", {builder.input("input", {4})}));
  const Network network = builder.build();
  Batch batch;
  batch.inputs = {at::ones({2, 4})};
  const at::Tensor v = gaussian_tensor("v", {2, 4});
  Execution execution(network, {.dtype = at::kDouble});
  EXPECT_TRUE(at::equal(execution.jacobian_times(batch, v), v));
}

TEST(JacobianProducts, RefuseFactorsOfAnotherShape) {
  Subject subject("feedforward:input=5,width=7,output=3,depth=3");
  for (const auto& sizes : {std::vector<int64_t>{6, 4}, {6, 6}, {5, 5}, {6}}) {
    EXPECT_THROW(subject.execution.jacobian_times(subject.batch, at::ones(sizes)), std::invalid_argument);
  }
  for (const auto& sizes : {std::vector<int64_t>{6, 2}, {6, 4}, {5, 3}, {6}}) {
    EXPECT_THROW(subject.execution.jacobian_transpose_times(subject.batch, {at::ones(sizes)}),
                 std::invalid_argument);
  }
}

}  // namespace
}  // namespace shatterproof::jacobian_product_test
