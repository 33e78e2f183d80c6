// SPDX-License-Identifier: Apache-2.0
#include "experiment/gradient_noise_scale.h"

#include <cmath>

#include "shatterproof/network/builder.h"
#include "tests/experiment/subject.h"
#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::gradient_noise_scale_test {
namespace {

std::vector<Reading> noise_scale(const Network& network, const at::Tensor& x, const at::Tensor& labels,
                                 int64_t parts) {
  Batch batch;
  batch.inputs = {x.to(at::kFloat)};
  batch.labels = labels;
  MeasureRequest request;
  request.run.dtype = at::kDouble;
  return measure(network, batch, {"gradient_noise_scale:parts=" + std::to_string(parts)}, request).readings;
}

// Two classes and weights of zero: an example x of class 0 has the gradient (-x/2, x/2).
Network undecided(int64_t inputs) {
  NetworkBuilder builder("undecided");
  builder.output(builder.linear(builder.input("input", {inputs}), {"layer_1", inputs, 2, false, "", ""}));
  return builder.build();
}

TEST(GradientNoiseScale, OfTwoExamplesByHand) {
  // Gradients of squares 1/2 and 9/2 along one direction, 1/sqrt 2 and 3/sqrt 2: mean sqrt 2, variance 1.
  // |G|^2 = 2 - 1/2 of it.
  const std::vector<Reading> readings =
      noise_scale(undecided(1), at::tensor({1.0, 3.0}).view({2, 1}), at::zeros({2}, at::kLong), 2);
  EXPECT_THAT(readings[0].value(), IsNear(1 / 1.5, 1e-12));
  EXPECT_THAT(readings[1].values, ::testing::ElementsAre(IsNear(1 / 1.5, 1e-12)));
}

TEST(GradientNoiseScale, IsTheSampleVarianceOverTheMeanOfPerExampleGradients) {
  const at::Tensor x = gaussian_tensor("x", {20, 5}) + 1;
  const std::vector<Reading> readings = noise_scale(undecided(5), x, at::zeros({20}, at::kLong), 20);
  const at::Tensor g = x.to(at::kFloat).to(at::kDouble) * std::sqrt(.5);
  const double trace = g.var(0, true).sum().item<double>();
  const double signal = g.mean(0).square().sum().item<double>() - trace / 20;
  EXPECT_THAT(readings[0].value(), IsNear(trace / signal, 1e-9));
}

// Inputs N(mu, I) make tr(Sigma) = 5/2 and |G|^2 = 5 mu^2 / 2 at the start, whatever the parts.
TEST(GradientNoiseScale, IsWithoutBiasWhateverTheParts) {
  constexpr int kDraws = 20;
  constexpr double kScatter = .15;  // of the mean of 20 draws; one of ten parts scatters by a fifth
  for (const int64_t parts : {100, 10}) {
    double sum = 0;
    for (uint64_t seed = 1; seed <= kDraws; ++seed) {
      const at::Tensor x = gaussian_tensor("x", {1000, 5}, seed) + .5;
      sum += noise_scale(undecided(5), x, at::zeros({1000}, at::kLong), parts)[0].value();
    }
    EXPECT_THAT(sum / kDraws, IsNear(4, kScatter)) << parts;
  }
}

TEST(GradientNoiseScale, SaysWhyItIsUndefined) {
  const at::Tensor x = at::tensor({1.0, -1.0}).view({2, 1}), labels = at::zeros({2}, at::kLong);
  EXPECT_THAT(noise_scale(undecided(1), x, labels, 2)[0].undefined, ::testing::HasSubstr("stand out"));
  EXPECT_THAT(noise_scale(undecided(1), 0 * x, labels, 2)[0].undefined, ::testing::HasSubstr("is zero"));
  EXPECT_THAT(noise_scale(undecided(1), x.narrow(0, 0, 1), labels.narrow(0, 0, 1), 2)[0].undefined,
              ::testing::HasSubstr("one example"));
}

}  // namespace
}  // namespace shatterproof::gradient_noise_scale_test
