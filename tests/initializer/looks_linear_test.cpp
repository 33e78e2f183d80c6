// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/initializer/looks_linear.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/random.h"
#include "shatterproof/dataset/path.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/initializer/orthogonal.h"
#include "shatterproof/network/builder.h"
#include "shatterproof/run/execution.h"
#include "tests/initializer/linear_network.h"
#include "tests/run/recorder.h"

namespace shatterproof::looks_linear_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Initialization looks_linear(const std::string& spec) {
  return initialize(build_family(spec), "looks_linear", 3);
}

at::Tensor weight(const Network& network, const std::string& name) {
  return network.find_parameter(name)->value;
}

class LooksLinearFamily : public ::testing::TestWithParam<const char*> {};

TEST_P(LooksLinearFamily, IsLinear) {
  const Initialization drawn = looks_linear(GetParam());
  EXPECT_THAT(obstacles_of(drawn), IsEmpty());
  for (const at::ScalarType dtype : {at::kFloat, at::kDouble}) {
    EXPECT_LE(nonlinearity_of(drawn.network, dtype), rounding_of(dtype)) << dtype;
  }
  const Network he = initialize(build_family(GetParam()), "he", 3).network;
  constexpr double kVisible = 1e-3;
  if (std::string_view(GetParam()).find("identity") == std::string_view::npos) {
    EXPECT_FALSE(nonlinearity_of(he, at::kDouble) <= kVisible);  // not a number where it has died
  }
}

INSTANTIATE_TEST_SUITE_P(
    Specs, LooksLinearFamily,
    ::testing::Values(
        // CReLU, also of every function with rho(z) - rho(-z) = g z
        "feedforward:input=20,width=32,depth=10,crelu=true",
        "feedforward:input=20,width=7,depth=10,crelu=true,output=3",
        "feedforward:input=20,width=100,depth=50,crelu=true",
        "feedforward:input=64,width=64,depth=200,crelu=true,output=64",
        "feedforward:input=20,width=32,depth=10,crelu=true,readout=sum",
        "feedforward:input=20,width=32,depth=30,crelu=true,count=linear,output=4",
        "feedforward:input=20,width=32,depth=10,crelu=true,activation=leaky_relu",
        "feedforward:input=20,width=32,depth=10,crelu=true,activation=prelu",
        "feedforward:input=20,width=32,depth=10,crelu=true,activation=gelu",
        "feedforward:width=32,depth=10,crelu=true", "residual:input=16,width=16,depth=10,crelu=true",
        "residual:input=5,width=15,depth=10,layers_per_block=2,crelu=true,beta=.1",
        "highway:input=16,width=16,depth=200,crelu=true",
        "dense:input=8,width=8,depth=10,growth=5,crelu=true", "shallow:width=50,crelu=true",
        // PReLU
        "feedforward:input=20,width=33,depth=200,activation=prelu",
        "residual:width=16,depth=10,activation=prelu,slope=.1",
        "dense:input=8,width=8,depth=10,growth=5,activation=prelu",
        // plain rectifiers
        "feedforward:input=20,width=32,depth=200", "feedforward:input=20,width=2,depth=10,output=3",
        "feedforward:input=20,width=32,depth=200,count=linear,output=4", "feedforward:width=32,depth=10",
        "feedforward:input=20,width=32,depth=20,activation=leaky_relu,slope=.3",
        "feedforward:input=20,width=32,depth=20,activation=gelu", "residual:width=16,depth=10",
        "residual:input=5,width=16,depth=10,layers_per_block=2", "highway:width=16,depth=10",
        "shallow:width=50",
        // no rectifier
        "residual:input=16,width=16,depth=10,activation=identity"),
    [](const auto& info) {
      std::string name = info.param;
      for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
      return name;
    });

TEST(LooksLinear, AfterACReluIsWAndMinusW) {
  const Network network = looks_linear("feedforward:input=20,width=32,depth=3,crelu=true").network;
  WeightShape core;
  core.sizes = {32, 32};
  core.fan_in = core.fan_out = 32;
  for (const char* name : {"layer_2.weight", "layer_3.weight"}) {
    const at::Tensor w = orthogonal_weight(core, 1, RandomStream(3, name));
    EXPECT_TRUE(at::equal(weight(network, name), at::cat({w, -w}, 1))) << name;
  }
}

TEST(LooksLinear, BetweenPlainRectifiersMirrorsRowsAndColumns) {
  const Network network =
      looks_linear("feedforward:input=20,width=32,depth=3,count=linear,output=16").network;
  const at::Tensor first = weight(network, "layer_1.weight");
  EXPECT_TRUE(at::equal(first.narrow(0, 0, 16), -first.narrow(0, 16, 16)));
  WeightShape core;
  core.sizes = {16, 16};
  core.fan_in = core.fan_out = 16;
  const at::Tensor q = orthogonal_weight(core, 1, RandomStream(3, "layer_2.weight"));
  EXPECT_TRUE(
      at::equal(weight(network, "layer_2.weight"), at::cat({at::cat({q, -q}, 1), at::cat({-q, q}, 1)}, 0)));
  const at::Tensor last = orthogonal_weight(core, 1, RandomStream(3, "layer_3.weight"));
  EXPECT_TRUE(at::equal(weight(network, "layer_3.weight"), at::cat({last, -last}, 1)));
}

TEST(LooksLinear, OfPRelusSetsSlopesToOneAndMirrorsNothing) {
  const Initialization drawn =
      looks_linear("feedforward:input=32,width=32,depth=3,activation=prelu,slope=.1");
  EXPECT_EQ(weight(drawn.network, "layer_2.prelu.slope").item<float>(), 1);
  const at::Tensor w = weight(drawn.network, "layer_2.weight").to(at::kDouble);
  EXPECT_TRUE(at::allclose(w.mm(w.t()), at::eye(32, at::kDouble), 0, 1e-6));
  EXPECT_THAT(drawn.notes, IsEmpty());
}

TEST(LooksLinear, PreservesTheNormOfEveryInput) {
  // Hidden layers are orthogonal: what remains between input and output is the readout.
  const Network network =
      looks_linear("feedforward:input=48,width=48,depth=100,crelu=true,output=48").network;
  const at::Tensor jacobian = output_of(network, at::eye(48, at::kDouble));
  const at::Tensor readout = weight(network, "readout.weight").narrow(1, 0, 48).to(at::kDouble);
  constexpr double kFloat32Weights = 1e-5;  // a hundred matrices orthogonal to 1e-7
  EXPECT_TRUE(at::allclose(jacobian.t().mm(jacobian), readout.mm(readout.t()), 0, kFloat32Weights));
}

TEST(LooksLinear, MirrorsWhatTheFamilyPrescribes) {
  const Network network = looks_linear("feedforward:width=2000,depth=2,output=20,bias_std=.5").network;
  const auto halves_are_opposite = [&](const char* name, int64_t axis) {
    const std::vector<at::Tensor> halves = weight(network, name).chunk(2, axis);
    return at::equal(halves[0], -halves[1]);
  };
  EXPECT_TRUE(halves_are_opposite("embedding.weight", 0));
  EXPECT_TRUE(halves_are_opposite("embedding.bias", 0));
  EXPECT_TRUE(halves_are_opposite("readout.weight", 1));
  constexpr double kSigmas = 4;
  const auto expect_variance = [&](const char* name, double expected, double independent) {
    const double variance = weight(network, name).square().mean().item<double>();
    EXPECT_NEAR(variance / expected, 1, kSigmas * std::sqrt(2 / independent)) << name;
  };
  expect_variance("embedding.weight", 1, 1000);
  expect_variance("embedding.bias", .25, 1000);
  expect_variance("readout.weight", 1e-3, 20000);  // of the linear network: 1/fan_in of its 1,000 units
}

TEST(LooksLinear, SaysWhereANetworkIsNotLinear) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"feedforward:input=8,width=8,depth=2,crelu=true,norm=batch",
       "not linear, being normalized at: layer_1.batch_norm, layer_2.batch_norm"},
      {"feedforward:input=8,width=8,depth=1,activation=tanh",
       "not linear, having a nonlinearity that no mirror undoes at: layer_1.tanh"},
      {"feedforward:input=8,width=8,depth=1,activation=selu,crelu=true",
       "not linear, having a nonlinearity that no mirror undoes at: layer_1.selu"},
      {"residual:input=8,width=8,depth=1", "not linear, rectifying what is not mirrored at: layer_1.relu"},
  };
  for (const auto& [spec, note] : cases) {
    const Initialization drawn = looks_linear(spec);
    EXPECT_THAT(obstacles_of(drawn), ElementsAre(note)) << spec;
    EXPECT_GT(nonlinearity_of(drawn.network, at::kDouble), 1e-3) << spec;
  }
  EXPECT_THAT(obstacles_of(looks_linear("feedforward:input=8,width=7,depth=1")),
              ElementsAre("with an odd number of units, which cannot be mirrored: layer_1",
                          "not linear, rectifying what is not mirrored at: layer_1.relu"));
  EXPECT_THAT(obstacles_of(looks_linear("feedforward:input=8,width=8,depth=2,norm=center,crelu=true")),
              IsEmpty());
  EXPECT_FALSE(obstacles_of(looks_linear("highway_gated:input=8,width=8,depth=1")).empty());
}

TEST(LooksLinear, MirrorsOnNormalizedNetworksToo) {
  const Network network = looks_linear("feedforward:input=8,width=8,depth=2,crelu=true,norm=batch").network;
  const std::vector<at::Tensor> halves = weight(network, "layer_2.weight").chunk(2, 1);
  EXPECT_TRUE(at::equal(halves[0], -halves[1]));
}

TEST(LooksLinear, FindsAMirrorWrittenAsARectifierOfAConcatenation) {
  NetworkBuilder builder("joined_first");
  const std::string z = builder.input("x", {6});
  const std::string both =
      builder.node("Concat", "both", {z, builder.node("Neg", "negated", {z})}, {{"axis", int64_t{1}}});
  builder.output(builder.linear(builder.activation(both, "relu", "relu"), {"dense", 12, 5, false, "", ""}));
  const Initialization drawn = initialize(builder.build(), "looks_linear", 1);
  EXPECT_THAT(obstacles_of(drawn), IsEmpty());
  EXPECT_LE(nonlinearity_of(drawn.network, at::kDouble), rounding_of(at::kDouble));
}

TEST(LooksLinear, AHalfThatIsReadAloneIsAnObstacle) {
  NetworkBuilder builder("half");
  const std::string z = builder.input("x", {6});
  const std::string both = builder.activation(z, "crelu", "relu", true);
  const std::string h = builder.linear(both, {"both", 12, 6, false, "", ""});
  const std::string alone = builder.linear("crelu.positive", {"alone", 6, 6, false, "", ""});
  builder.output(builder.add(h, alone, "sum"));
  const Initialization drawn = initialize(builder.build(), "looks_linear", 1);
  EXPECT_THAT(obstacles_of(drawn), ElementsAre("not linear, mixing the halves (rho(z), rho(-z)) at: alone"));
  EXPECT_GT(nonlinearity_of(drawn.network, at::kDouble), 1e-3);
}

TEST(LooksLinear, ARectifierAtTheEndIsAnObstacle) {
  for (const bool crelu : {false, true}) {
    NetworkBuilder builder("ends");
    const std::string h = builder.linear(builder.input("x", {6}), {"dense", 6, 4, false, "", ""});
    builder.output(builder.activation(h, "last", "relu", crelu));
    const Initialization drawn = initialize(builder.build(), "looks_linear", 1);
    EXPECT_THAT(obstacles_of(drawn),
                ElementsAre("not linear, giving out the halves (rho(z), rho(-z)) at: last"));
  }
}

// One step of Adam from rest on every layer's weight: each entry moves by the rate against the sign of its
// gradient.
Network after_one_adam_step(const Network& network, const Batch& batch, double rate) {
  Recorder recorder;
  Observer* observers[] = {&recorder};
  RunOptions options;
  options.every_node = true;
  Execution(network, options).run(batch, observers);
  const auto value_of = [&](const std::string& name) {
    return recorder.values.lower_bound(name + " ")->second;
  };
  Network stepped = network;
  for (const Node& node : network.nodes()) {
    if (node.op != "Gemm") continue;
    const at::Tensor gradient =
        recorder.gradients.at(node.name + " pre_activation").t().mm(value_of(node.inputs[0]));
    const at::Tensor old = weight(network, node.inputs[1]);
    stepped.set_parameter(node.inputs[1], old - rate * gradient.sign());
  }
  return stepped;
}

TEST(LooksLinear, HasNoGradientAutocorrelationUntilAStepOfTraining) {
  for (const char* spec :
       {"feedforward:input=20,width=32,depth=20,crelu=true", "feedforward:input=20,width=32,depth=20",
        "feedforward:input=20,width=32,depth=200,crelu=true"}) {
    const Network network = looks_linear(spec).network;
    const Batch path = path_between_examples(gaussian_batch(network.inputs(), 16, 1), 64);
    const auto autocorrelation = [&](const Network& at) {
      return measure(at, path, {"gradient_autocorrelation"}, {}).readings.at(0);
    };
    EXPECT_EQ(autocorrelation(network).undefined, "gradient is constant along the inputs") << spec;
    constexpr double kRate = 1e-3;
    const Network trained = after_one_adam_step(network, gaussian_batch(network.inputs(), 16, 1), kRate);
    const Reading after = autocorrelation(trained);
    EXPECT_TRUE(after.is_defined()) << after.undefined;
    EXPECT_GT(nonlinearity_of(trained, at::kDouble), 1e-4) << spec;
  }
}

}  // namespace
}  // namespace shatterproof::looks_linear_test
