// SPDX-License-Identifier: Apache-2.0
// gradient_scale_coefficient and gradient_growth of networks: against Jacobians written out, under changes
// that must not matter, and at the places where they are read.
#include "experiment/gradient_growth.h"
#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/experiment/inverse_width.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"
#include "tests/experiment/subject.h"
#include "tests/matchers.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::gradient_scale_network_test {
namespace {

MeasureRequest in_double(uint64_t seed = 1) {
  MeasureRequest request;
  request.run.dtype = at::kDouble;
  request.run.seed = seed;
  return request;
}

Reading coefficients(const Network& network, const Batch& batch, const MeasureRequest& request) {
  return measure(network, batch, {"gradient_scale_coefficient"}, request).readings[0];
}

at::Tensor weight(const Network& network, int layer) {
  return network.find_parameter("layer_" + std::to_string(layer) + ".weight")->value.to(at::kDouble);
}

// GSC of every layer of a rectifier network, the Jacobian of every example multiplied out.
std::vector<double> explicit_coefficients(const Network& network, const at::Tensor& x, int layers) {
  std::vector<double> squares(static_cast<size_t>(layers)), sizes(static_cast<size_t>(layers));
  for (int64_t example = 0; example < x.size(0); ++example) {
    std::vector<at::Tensor> f = {weight(network, 1).mv(x[example])};
    for (int k = 2; k <= layers; ++k) f.push_back(weight(network, k).mv(f.back().clamp_min(0)));
    at::Tensor jacobian = at::eye(f.back().size(0), at::kDouble);
    for (int k = layers; k >= 1; --k) {
      const auto place = static_cast<size_t>(k - 1);
      squares[place] += jacobian.square().sum().item<double>() / static_cast<double>(jacobian.size(1));
      sizes[place] += f[place].square().sum().item<double>();
      if (k > 1) jacobian = jacobian.mm(weight(network, k) * (f[place - 1] > 0).to(at::kDouble));
    }
  }
  std::vector<double> coefficients;
  for (size_t k = 0; k < squares.size(); ++k) {
    coefficients.push_back(std::sqrt(squares[k] / squares.back() * sizes[k] / sizes.back()));
  }
  return coefficients;
}

TEST(GradientScaleOfNetworks, AgreesWithTheExplicitJacobian) {
  const Network network = rectifier_network(20, 20, 6, 4);
  const Batch batch = gaussian_batch(network.inputs(), 64, 2);
  const std::vector<double> expected = explicit_coefficients(network, batch.inputs[0].to(at::kDouble), 6);
  constexpr int kDraws = 40;
  std::vector<Reading> draws;
  for (uint64_t seed = 1; seed <= kDraws; ++seed)
    draws.push_back(coefficients(network, batch, in_double(seed)));
  const Reading mean = mean_over_seeds(draws);
  ASSERT_EQ(mean.values.size(), 6U);
  EXPECT_THAT(mean.values[5], IsNear(1, 1e-12)) << "at the output itself";
  for (size_t k = 0; k < 5; ++k) {
    EXPECT_NEAR(mean.values[k], expected[k], 3 * mean.standard_error[k]) << "layer " << k + 1;
    EXPECT_LT(mean.standard_error[k], 0.05 * expected[k]) << "or the test says nothing";
  }
}

TEST(GradientScaleOfNetworks, IsUnchangedWhenALayerIsScaledUpAndTheNextDown) {
  Network network = rectifier_network(20, 20, 6, 4);
  const Batch batch = gaussian_batch(network.inputs(), 32, 2);
  const std::vector<std::string> names = {"gradient_scale_coefficient", "gradient_growth",
                                          "nonlinearity_coefficient"};
  const std::vector<Reading> before = measure(network, batch, names, in_double()).readings;
  network.set_parameter("layer_2.weight", network.find_parameter("layer_2.weight")->value * 3);
  network.set_parameter("layer_3.weight", network.find_parameter("layer_3.weight")->value / 3);
  const std::vector<Reading> after = measure(network, batch, names, in_double()).readings;
  constexpr double kSinglePrecisionWeights = 1e-5;
  for (size_t i = 0; i < before.size(); ++i) {
    for (size_t k = 0; k < before[i].values.size(); ++k) {
      EXPECT_THAT(after[i].values[k], IsNear(before[i].values[k], kSinglePrecisionWeights)) << before[i].name;
    }
  }
}

TEST(GradientScaleOfNetworks, IsReadAtEveryLinearMapOfAChainAndAtTheSumsOfABlock) {
  const auto places = [](const std::string& spec) {
    const Network network = initialize(build_family(spec), "he", 1).network;
    return coefficients(network, gaussian_batch(network.inputs(), 16, 1), {});
  };
  const Reading chain = places("feedforward:preset=relu,depth=4,width=6,input=6,output=6");
  EXPECT_EQ(chain.x_labels, (std::vector<std::string>{"layer_1", "layer_2", "layer_3", "layer_4"}));
  EXPECT_EQ(chain.x, (std::vector<double>{0, 1, 2, 3}));
  const Reading blocks = places("residual:preset=batch_relu,depth=6,width=6,input=6,output=6");
  EXPECT_EQ(blocks.x_labels, (std::vector<std::string>{"layer_1", "layer_3.sum", "layer_5.sum", "layer_6"}));
  EXPECT_EQ(blocks.x, (std::vector<double>{0, 2, 4, 5}));
  EXPECT_EQ(blocks.functional, "probe");
  EXPECT_EQ(blocks.batch_norm, "attached");
}

TEST(GradientGrowth, IsTheLineThroughTheLogarithmsOfTheCurve) {
  const Network network = rectifier_network(5, 9, 5, 3);
  const Batch batch = gaussian_batch(network.inputs(), 40, 1);
  const std::vector<Reading> readings =
      measure(network, batch, {"gradient_scale_coefficient", "gradient_growth"}, in_double()).readings;
  const std::vector<double>& curve = readings[0].values;
  // Least squares over distances 4 3 2 1 0 from the last layer, by hand: slope = sum (m - 2) log / 10.
  double slope = 0, mean = 0, explained = 0, total = 0;
  for (int k = 0; k < 5; ++k) {
    slope += (2 - k) * std::log(curve[static_cast<size_t>(k)]) / 10;
    mean += std::log(curve[static_cast<size_t>(k)]) / 5;
  }
  for (int k = 0; k < 5; ++k) {
    explained += slope * slope * (2 - k) * (2 - k);
    total += std::pow(std::log(curve[static_cast<size_t>(k)]) - mean, 2);
  }
  const auto scalar = [&](const std::string& name) {
    return find_reading(readings, name, ReadingType::scalar).value();
  };
  constexpr double kRounding = 1e-10;
  EXPECT_THAT(scalar("gradient_growth"), IsNear(std::exp(slope), kRounding));
  EXPECT_THAT(scalar("gradient_growth_intercept"), IsNear(std::exp(mean - 2 * slope), kRounding));
  EXPECT_THAT(scalar("gradient_growth_fit"), IsNear(explained / total, kRounding));
  EXPECT_THAT(scalar("gradient_growth_excess"), IsNear(curve[0] / std::exp(0.5 * 4 / 9), kRounding));
}

TEST(GradientGrowth, OfOrthogonalLinearMapsIsOneAndHasNothingToFit) {
  const Network network =
      initialize(
          build_family("feedforward:count=linear,input=8,width=8,output=8,depth=5,activation=identity"),
          "orthogonal:gain=1", 1)
          .network;
  const std::vector<Reading> readings =
      measure(network, gaussian_batch(network.inputs(), 40, 1), {"gradient_growth"}, in_double()).readings;
  EXPECT_THAT(readings[0].value(), IsNear(1, 1e-6));
}

TEST(GradientGrowth, NeedsLayersOfTwoDepths) {
  const Network network = rectifier_network(5, 3, 1, 3);
  const std::vector<Reading> readings =
      measure(network, gaussian_batch(network.inputs(), 40, 1), {"gradient_growth"}, {}).readings;
  EXPECT_EQ(readings.size(), 4U);
  for (const Reading& reading : readings)
    EXPECT_THAT(reading.undefined, ::testing::HasSubstr("one depth only"));
}

TEST(InverseWidth, CountsHiddenLayersAndNotTheLast) {
  EXPECT_THAT(inverse_width(rectifier_network(5, 8, 4, 1)), IsNear(3.0 / 8, 1e-12));
  EXPECT_EQ(inverse_width(rectifier_network(5, 8, 1, 1)), 0);
  EXPECT_THAT(inverse_width(build_family("feedforward:preset=relu")), IsNear(0.49, 1e-12));
  EXPECT_THAT(inverse_width(build_family("residual:preset=relu,depth=6,width=10,input=3")),
              IsNear(0.5, 1e-12));
}

TEST(InverseWidth, OfAConvolutionIsOneOverItsFanIn) {
  NetworkBuilder builder("image");
  std::string x = builder.convolution(builder.input("input", {3, 8, 8}), {"conv_1", 3, 4, 3, 1, 1});
  x = builder.convolution(builder.activation(x, "relu_1", "relu"), {"conv_2", 4, 6, 3, 1, 1});
  x = builder.node("Flatten", "flat", {builder.activation(x, "relu_2", "relu")});
  builder.output(builder.linear(x, {"last", 6 * 64, 10, false, "", ""}));
  EXPECT_THAT(inverse_width(builder.build()), IsNear(1.0 / 27 + 1.0 / 36, 1e-12));
}

}  // namespace
}  // namespace shatterproof::gradient_scale_network_test
