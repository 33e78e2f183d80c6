// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/run/execution.h"

namespace shatterproof::detached_statistics_test {
namespace {

constexpr double kDoubleRounding = 1e-11;

class BatchStatisticsOf : public testing::TestWithParam<const char*> {
 protected:
  Network network = initialize(build_family(GetParam()), "he", 2).network;
  Batch batch = [] {
    at::manual_seed(9);
    return Batch{.inputs = {at::randn({12, 16})}};
  }();
  RunOptions held{.batch_norm = BatchStatistics::detached, .dtype = at::kDouble};
};

TEST_P(BatchStatisticsOf, DetachedGivesEachExampleItsOwnGradient) {
  const at::Tensor together = Execution(network, held).input_gradient(batch);
  Execution frozen(network, held);
  frozen.hold_statistics(batch.inputs);
  for (int64_t i = 0; i < batch.examples(); ++i) {
    const at::Tensor alone = frozen.input_gradient(batch.slice(i, 1));
    EXPECT_TRUE(at::allclose(alone[0], together[i], kDoubleRounding, kDoubleRounding)) << "example " << i;
  }
}

TEST_P(BatchStatisticsOf, HeldGradientIsTheFrozenNetworksDerivative) {
  Execution frozen(network, held);
  frozen.hold_statistics(batch.inputs);
  const at::Tensor gradient = frozen.input_gradient(batch);
  const double step = 1e-6;
  const double kCentralDifference = 1e-6;  // kinks within the step are as rare as the step is small
  for (int64_t column = 0; column < 16; column += 5) {
    Batch ahead = batch, behind = batch;
    ahead.inputs = {batch.inputs[0].to(at::kDouble).clone()};
    behind.inputs = {batch.inputs[0].to(at::kDouble).clone()};
    ahead.inputs[0].select(1, column).add_(step);
    behind.inputs[0].select(1, column).sub_(step);
    const at::Tensor slope = (frozen.outputs(ahead)[0] - frozen.outputs(behind)[0]).flatten() / (2 * step);
    EXPECT_TRUE(at::allclose(slope, gradient.select(1, column), kCentralDifference, kCentralDifference));
  }
}

TEST_P(BatchStatisticsOf, ThroughMakesTheBatchesGradientSumToZeroAtTheFirstNorm) {
  RunOptions through = held;
  through.batch_norm = BatchStatistics::attached;
  const at::Tensor gradient = Execution(network, through).input_gradient(batch);
  if (std::string(GetParam()).starts_with("residual")) {
    EXPECT_FALSE(at::allclose(gradient, Execution(network, held).input_gradient(batch)));
    return;
  }
  EXPECT_LT(gradient.sum(0).abs().max().item<double>(),
            kDoubleRounding * gradient.abs().max().item<double>() * 100);
  EXPECT_GT(gradient.abs().max().item<double>(), 0);
}

INSTANTIATE_TEST_SUITE_P(Networks, BatchStatisticsOf,
                         testing::Values("feedforward:depth=3,width=16,input=16,norm=batch",
                                         "feedforward:depth=3,width=16,input=16,norm=center",
                                         "residual:depth=3,width=16,input=16,norm=batch,beta=0.5"));

TEST(DetachedStatistics, OfAPathAreThoseOfItsEndPointsBatch) {
  const Network network =
      initialize(build_family("feedforward:depth=3,width=16,input=16,norm=batch"), "he", 2).network;
  at::manual_seed(9);
  const at::Tensor ends = at::randn({8, 16});
  const RunOptions held{.batch_norm = BatchStatistics::detached, .dtype = at::kDouble};
  Batch path{.inputs = {ends.slice(0, 0, 2)}, .along_path = true, .statistics_inputs = {ends}};
  Execution frozen(network, held);
  frozen.hold_statistics({ends});
  const at::Tensor expected = frozen.input_gradient({.inputs = {ends}}).slice(0, 0, 2);
  Execution execution(network, held);
  EXPECT_TRUE(at::allclose(execution.input_gradient(path), expected, kDoubleRounding, kDoubleRounding));
  path.statistics_inputs.clear();
  EXPECT_FALSE(at::allclose(execution.input_gradient(path), expected))
      << "statistics were held beyond their batch";
}

}  // namespace
}  // namespace shatterproof::detached_statistics_test
