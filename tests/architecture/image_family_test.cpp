// SPDX-License-Identifier: Apache-2.0
// The families for images: what they count, and their formulas written with tensor operations.
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/layer.h"
#include "shatterproof/run/execution.h"

namespace shatterproof::image_family_test {
namespace {

constexpr double kRounding = 1e-9;  // of a few float64 layers

struct Case {
  explicit Case(const std::string& spec, const std::string& scheme = "he")
      : network(initialize(build_family(spec), scheme, 3).network),
        batch(gaussian_batch(network.inputs(), 6, 3)),
        x(batch.inputs[0].to(at::kDouble)) {
    // Biases that are not 0, so that a lost one is seen.
    for (const Parameter& parameter : std::vector<Parameter>(network.parameters())) {
      if (scheme == "he" && parameter.name.ends_with(".bias") && parameter.trainable)
        network.set_parameter(parameter.name, at::linspace(-.1, .2, parameter.value.numel()));
    }
  }

  at::Tensor value(const std::string& name) const {
    return network.find_parameter(name)->value.to(at::kDouble);
  }
  at::Tensor convolved(const at::Tensor& z, int64_t layer, int64_t stride = 1) const {
    const std::string name = fmt::format("layer_{}", layer);
    const at::Tensor bias = network.find_parameter(name + ".bias") ? value(name + ".bias") : at::Tensor();
    return at::conv2d(z, value(name + ".weight"), bias, stride, 1);
  }
  at::Tensor read_out(const at::Tensor& z, const std::string& name) const {
    return at::linear(z, value(name + ".weight"), value(name + ".bias"));
  }
  at::Tensor output(const at::Tensor& input) const {
    RunOptions options;
    options.batch_norm = BatchStatistics::attached;
    options.dtype = at::kDouble;
    Batch given;
    given.inputs = {input};
    return Execution(network, options).outputs(given).at(0);
  }
  void expect_output(const at::Tensor& expected) const {
    const at::Tensor out = output(x);
    ASSERT_EQ(out.sizes(), expected.sizes());
    EXPECT_LE((out - expected).abs().max().item<double>(), kRounding * expected.abs().max().item<double>());
  }

  Network network;
  Batch batch;
  at::Tensor x;
};

at::Tensor crelu(const at::Tensor& z) {
  return at::cat({z.relu(), (-z).relu()}, 1);
}

TEST(Thin, HasAsManyParametersAsPublished) {
  const std::pair<const char*, int64_t> rows[] = {{"thin:depth=198", 2'419'866},
                                                  {"thin:depth=198,crelu=true", 2'361'528},
                                                  {"thin:depth=30", 358'506},
                                                  {"thin:depth=30,crelu=true", 350'862},
                                                  {"thin:depth=6", 64'026},
                                                  {"thin:depth=6,crelu=true", 63'624},
                                                  {"thin:depth=30,skip=true", 358'506},
                                                  {"thin:depth=30,activation=identity", 358'506}};
  for (const auto& [spec, expected] : rows) EXPECT_EQ(build_family(spec).parameter_count(), expected) << spec;
}

TEST(Thin, HasDepthLinearMapsNamedInTheirOrder) {
  const Structure derived = structure(build_family("thin:depth=14"));
  ASSERT_EQ(derived.layers.size(), 14U);
  for (size_t i = 0; i < 14; ++i) EXPECT_EQ(derived.layers[i].name, fmt::format("layer_{}", i + 1));
}

TEST(Thin, RectifiesAfterEachConvolution) {
  const Case c("thin:depth=10");
  at::Tensor x = c.x;
  for (int64_t layer = 1; layer <= 9; ++layer)
    x = c.convolved(x, layer, layer == 3 || layer == 5 || layer == 7 || layer == 9 ? 2 : 1).relu();
  EXPECT_EQ(x.sizes(), at::IntArrayRef({6, 64, 2, 2}));
  c.expect_output(c.read_out(x.flatten(1), "layer_10"));
}

TEST(Thin, WithCReluRectifiesBeforeEachLayerTheImageToo) {
  const Case c("thin:depth=6,crelu=true");
  at::Tensor x = c.x;
  for (int64_t layer = 1; layer <= 5; ++layer) x = c.convolved(crelu(x), layer, layer == 1 ? 1 : 2);
  c.expect_output(c.read_out(crelu(x).flatten(1), "layer_6"));
}

TEST(Thin, WithSkipsWeighsTheStateAndTwoModules) {
  for (const auto& [options, gamma1, gamma2] :
       {std::tuple("", std::sqrt(1 - 1. / 36), 1. / 6), std::tuple(",gamma1=1,gamma2=1", 1., 1.),
        std::tuple(",gamma2=0.6", .8, .6)}) {
    const Case c(fmt::format("thin:depth=14,skip=true{}", options));
    at::Tensor x = c.x;
    for (int64_t layer = 1; layer <= 12; layer += 3) {
      x = c.convolved(x, layer, layer == 1 ? 1 : 2).relu();
      const at::Tensor branch = c.convolved(c.convolved(x, layer + 1).relu(), layer + 2).relu();
      // The factors are float32 constants of the network.
      x = static_cast<float>(gamma1) * x + static_cast<float>(gamma2) * branch;
    }
    x = c.convolved(x, 13, 2).relu();
    c.expect_output(c.read_out(x.flatten(1), "layer_14"));
    EXPECT_EQ(structure(c.network).residual_sums.size(), 4U);
  }
}

TEST(Thin, DropoutOfSectionSIsSTimesAsLarge) {
  const Network network = build_family("thin:depth=10,dropout=0.01");
  for (int64_t section = 1; section <= 4; ++section) {
    for (const int64_t layer : {2 * section - 1, 2 * section}) {
      const Parameter* ratio = network.find_parameter(fmt::format("layer_{}.dropout.ratio", layer));
      ASSERT_NE(ratio, nullptr) << layer;
      EXPECT_FLOAT_EQ(ratio->value.item<float>(), .01F * static_cast<float>(section));
    }
  }
  EXPECT_EQ(network.find_parameter("layer_9.dropout.ratio"), nullptr);
}

// f(x) - f(0) is linear: the sum of its parts is the whole's.
TEST(Thin, LooksLinearIsLinearAtInitialization) {
  for (const char* spec : {"thin:depth=30,crelu=true", "thin:depth=6,crelu=true,dropout=0.01"}) {
    const Case c(spec, "looks_linear");
    const at::Tensor a = c.x.narrow(0, 0, 2), b = c.x.narrow(0, 2, 2);
    const at::Tensor expected = .7 * c.output(a) - 1.3 * c.output(b), sum = c.output(.7 * a - 1.3 * b);
    EXPECT_GT(sum.abs().max().item<double>(), 0);
    EXPECT_LE((sum - expected).abs().max().item<double>(), 1e-12 * expected.abs().max().item<double>())
        << spec;
  }
}

TEST(Thin, RefusesDepthsAndFactorsThatMakeNoSense) {
  for (const char* options :
       {"depth=5", "depth=2", "depth=31", "depth=10,skip=true", "gamma1=1", "gamma2=0.1",
        "skip=true,gamma2=2", "dropout=0.25", "dropout=-0.1", "norm=batch", "depth=40002"}) {
    EXPECT_THROW(build_family(fmt::format("thin:{}", options)), std::invalid_argument) << options;
  }
}

at::Tensor batch_normalized(const at::Tensor& z) {
  const at::Tensor centred = z - z.mean({0, 2, 3}, true);
  return centred / centred.square().mean({0, 2, 3}, true).sqrt();
}

at::Tensor pair(const Case& c, const at::Tensor& x, int64_t layer) {
  const at::Tensor inner = c.convolved(batch_normalized(x).relu(), layer);
  return c.convolved(batch_normalized(inner).relu(), layer + 1);
}

TEST(ConvResidual, AddsBetaTimesAPairOfConvolutions) {
  const Case c("conv_residual:depth=4,width=6,beta=0.5,output=3");
  at::Tensor x = at::conv2d(c.x, c.value("projection.weight"), {}, 1, 1);
  for (const int64_t layer : {1, 3}) x = x + .5 * pair(c, x, layer);
  c.expect_output(c.read_out(x.mean({2, 3}), "readout"));
}

TEST(ConvFeedforward, IsItsTwinWithoutSkips) {
  const Case c("conv_feedforward:depth=4,width=6,output=3");
  at::Tensor x = at::conv2d(c.x, c.value("projection.weight"), {}, 1, 1);
  for (const int64_t layer : {1, 3}) x = pair(c, x, layer);
  c.expect_output(c.read_out(x.mean({2, 3}), "readout"));
  const Network twin = build_family("conv_residual:depth=4,width=6,output=3");
  EXPECT_EQ(twin.parameter_count(), c.network.parameter_count());
  EXPECT_EQ(structure(twin).layers.size(), structure(c.network).layers.size());
}

TEST(ConvFeedforward, NarrowsToItsBottleneck) {
  const Network network = build_family("conv_feedforward:depth=2,width=8");
  EXPECT_EQ(network.find_parameter("layer_1.weight")->value.sizes(), at::IntArrayRef({4, 8, 3, 3}));
  EXPECT_EQ(network.find_parameter("layer_2.weight")->value.sizes(), at::IntArrayRef({8, 4, 3, 3}));
  for (const char* options : {"depth=3", "depth=0", "norm=layer", "bottleneck=0", "width=0", "beta=1"})
    EXPECT_THROW(build_family(fmt::format("conv_feedforward:{}", options)), std::invalid_argument) << options;
}

TEST(ImageFamilies, TakeEveryNonlinearity) {
  for (const char* family : {"thin:depth=6", "conv_feedforward:depth=2", "conv_residual:depth=2"}) {
    for (const char* activation : {"relu", "prelu", "leaky_relu", "tanh", "selu", "gelu", "identity"}) {
      const Case c(fmt::format("{},activation={}", family, activation));
      const at::Tensor out = c.output(c.x);
      EXPECT_EQ(out.sizes(), at::IntArrayRef({6, 10}));
      EXPECT_TRUE(out.isfinite().all().item<bool>());
      EXPECT_GT(out.abs().max().item<double>(), 0);
    }
  }
}

}  // namespace
}  // namespace shatterproof::image_family_test
