// SPDX-License-Identifier: Apache-2.0
#include "experiment/nonlinearity_coefficient.h"

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"
#include "tests/experiment/subject.h"
#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::nonlinearity_coefficient_test {
namespace {

Reading coefficient(const Network& network, const Batch& batch, uint64_t seed = 1) {
  MeasureRequest request;
  request.run.dtype = at::kDouble;
  request.run.seed = seed;
  return measure(network, batch, {"nonlinearity_coefficient"}, request).readings[0];
}

Network elementwise(const std::string& op, int64_t numbers) {
  NetworkBuilder builder(op);
  builder.output(builder.node(op, "phi", {builder.input("input", {numbers})}));
  return builder.build();
}

TEST(NonlinearityCoefficient, OfAnAffineNetworkIsExactlyOne) {
  NetworkBuilder builder("affine");
  builder.output(builder.linear(builder.input("input", {6}), {"layer_1", 6, 4, true, "", ""}));
  Network network = builder.build();
  network.set_parameter("layer_1.weight", gaussian_tensor("w", {4, 6}).to(at::kFloat));
  network.set_parameter("layer_1.bias", 5 * gaussian_tensor("b", {4}).to(at::kFloat));
  EXPECT_THAT(coefficient(network, gaussian_batch(network.inputs(), 9, 1)).value(), IsNear(1, 1e-12));
}

TEST(NonlinearityCoefficient, OfTanhOnThreeExamplesByHand) {
  // x = -1 0 2: one number in, one out, so the probes cancel but for their sizes; averaged over 400 draws of
  // four probes the ratio is that of the means: sum phi'^2 sum (x - 1/3)^2 / (3 sum (phi - mean)^2).
  Batch batch;
  batch.inputs = {at::tensor({-1.0F, 0.0F, 2.0F}).view({3, 1})};
  const double x[] = {-1, 0, 2};
  double slopes = 0, spread = 0, mean = 0, outputs = 0;
  for (const double at : x) mean += std::tanh(at) / 3;
  for (const double at : x) {
    slopes += std::pow(1 - std::tanh(at) * std::tanh(at), 2) / 3;
    spread += (at - 1.0 / 3) * (at - 1.0 / 3);
    outputs += std::pow(std::tanh(at) - mean, 2);
  }
  std::vector<Reading> draws;
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    Reading square = coefficient(elementwise("Tanh", 1), batch, seed);
    square.values[0] *= square.values[0];
    square.over_seeds = SeedMean::arithmetic;
    draws.push_back(square);
  }
  // The ratio of two estimates is off by a part of their scatter squared, 2 / 12 over 12 probes.
  const Reading mean_square = mean_over_seeds(draws);
  EXPECT_NEAR(mean_square.value(), slopes * spread / outputs,
              4 * mean_square.standard_error[0] + slopes * spread / outputs / 12);
}

TEST(NonlinearityCoefficient, OfWideElementwiseNonlinearitiesIsThatOfGaussians) {
  // sqrt(E phi'^2 / Var phi) at N(0, 1), 100 units and 1,000 inputs.
  const Batch batch = gaussian_batch(elementwise("Relu", 100).inputs(), 1000, 1);
  constexpr double kSampling = 5e-3;
  EXPECT_THAT(coefficient(elementwise("Relu", 100), batch).value(), IsNear(1.2112, kSampling));
  EXPECT_THAT(coefficient(elementwise("Tanh", 100), batch).value(), IsNear(1.0853, kSampling));
  EXPECT_THAT(coefficient(elementwise("Selu", 100), batch).value(), IsNear(1.0352, kSampling));
}

TEST(NonlinearityCoefficient, OfALooksLinearNetworkIsOne) {
  const Network network =
      initialize(build_family("feedforward:preset=relu,depth=12,input=16,width=16,output=16"), "looks_linear",
                 1)
          .network;
  EXPECT_THAT(coefficient(network, gaussian_batch(network.inputs(), 20, 1)).value(), IsNear(1, 1e-5));
}

TEST(NonlinearityCoefficient, SaysWhyItIsUndefined) {
  Batch same;
  same.inputs = {at::ones({4, 3})};
  EXPECT_THAT(coefficient(elementwise("Tanh", 3), same).undefined, ::testing::HasSubstr("do not vary"));
  EXPECT_FALSE(coefficient(elementwise("Tanh", 3), same.slice(0, 1)).is_defined());
}

}  // namespace
}  // namespace shatterproof::nonlinearity_coefficient_test
