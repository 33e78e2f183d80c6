// SPDX-License-Identifier: Apache-2.0
// The families against their formulas, written with tensor operations.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/layer.h"
#include "shatterproof/run/execution.h"

namespace shatterproof::family_test {
namespace {

constexpr double kRounding = 1e-9;  // of a few float64 layers

struct Case {
  explicit Case(const std::string& spec, int64_t examples = 16)
      : network(initialize(build_family(spec), "he", 3).network),
        batch(gaussian_batch(network.inputs(), examples, 3)),
        x(batch.inputs[0].to(at::kDouble)) {}

  at::Tensor weight(const std::string& name) const {
    return network.find_parameter(name)->value.to(at::kDouble);
  }
  // W x of a layer, examples in rows.
  at::Tensor linear(const at::Tensor& input, const std::string& name) const {
    return input.mm(weight(name + ".weight").t());
  }
  at::Tensor embedded() const { return linear(x, "embedding") + weight("embedding.bias"); }

  void expect_output(const at::Tensor& expected) const {
    RunOptions options;
    options.batch_norm = BatchStatistics::attached;
    options.dtype = at::kDouble;
    const at::Tensor output = Execution(network, options).outputs(batch).at(0);
    ASSERT_EQ(output.sizes(), expected.sizes());
    EXPECT_LE((output - expected).abs().max().item<double>(),
              kRounding * expected.abs().max().item<double>());
  }

  Network network;
  Batch batch;
  at::Tensor x;
};

at::Tensor centred(const at::Tensor& z) {
  return z - z.mean(0, true);
}
at::Tensor batch_normalized(const at::Tensor& z) {
  return centred(z) / z.var(0, false, true).sqrt();
}
at::Tensor layer_normalized(const at::Tensor& z) {
  return (z - z.mean(1, true)) / z.var(1, false, true).sqrt();
}
at::Tensor crelu(const at::Tensor& z) {
  return at::cat({z.relu(), (-z).relu()}, 1);
}

TEST(Feedforward, OfAScalarRectifiesTheNormalizedEmbeddingFirst) {
  const Case c("feedforward:width=7,depth=3,norm=batch");
  at::Tensor x = batch_normalized(c.embedded()).relu();
  for (const char* layer : {"layer_2", "layer_3"}) x = batch_normalized(c.linear(x, layer)).relu();
  c.expect_output(c.linear(x, "readout"));
}

TEST(Feedforward, OfAVectorBeginsWithALinearMap) {
  const Case c("feedforward:input=5,width=7,depth=2,norm=center,output=3");
  at::Tensor x = centred(c.linear(c.x, "layer_1")).relu();
  x = centred(c.linear(x, "layer_2")).relu();
  c.expect_output(c.linear(x, "readout"));
}

TEST(Feedforward, WithCReluDoublesTheNextFanIn) {
  const Case c("feedforward:input=5,width=7,depth=2,crelu=true,norm=layer");
  at::Tensor x = crelu(layer_normalized(c.linear(c.x, "layer_1")));
  x = crelu(layer_normalized(c.linear(x, "layer_2")));
  EXPECT_EQ(c.weight("layer_2.weight").sizes(), at::IntArrayRef({7, 14}));
  EXPECT_EQ(c.weight("readout.weight").sizes(), at::IntArrayRef({1, 14}));
  c.expect_output(c.linear(x, "readout"));
}

TEST(Feedforward, CountingLinearMapsEndsWithOne) {
  const Case c("feedforward:count=linear,input=5,width=7,depth=3,output=4,norm=batch,activation=tanh");
  at::Tensor x = c.x;
  for (const char* layer : {"layer_1", "layer_2"}) x = batch_normalized(c.linear(x, layer)).tanh();
  c.expect_output(c.linear(x, "layer_3"));
  EXPECT_EQ(c.network.find_parameter("layer_1.weight")->prescribed_scheme, "lecun");
  EXPECT_EQ(c.network.find_parameter("layer_2.weight")->prescribed_scheme, "");
  EXPECT_EQ(c.network.find_parameter("layer_3.weight")->prescribed_scheme, "");
}

TEST(Feedforward, ReadoutSumAddsTheOutputs) {
  const Case c("feedforward:input=5,width=7,depth=1,readout=sum");
  c.expect_output(c.linear(c.x, "layer_1").relu().sum(1, true));
}

TEST(Feedforward, EmbeddingOnesLeavesOnlyTheBiasRandom) {
  const Case c("feedforward:width=7,depth=1,embedding=ones,bias_std=0");
  c.expect_output(c.linear(c.x.expand({-1, 7}).relu(), "readout"));
}

TEST(Residual, AddsTheScaledBranchAndScalesTheSum) {
  const Case c("residual:width=7,depth=2,alpha=.5,beta=.125,norm=batch");
  at::Tensor x = c.embedded();
  for (const char* layer : {"layer_1", "layer_2"}) {
    x = .5 * (x + .125 * c.linear(batch_normalized(x).relu(), layer));
  }
  c.expect_output(c.linear(x, "readout"));
}

TEST(Residual, TakesAVectorOfItsWidthAsItIs) {
  const Case c("residual:input=7,width=7,depth=1,crelu=true");
  c.expect_output(c.linear(c.x + c.linear(crelu(c.x), "layer_1"), "readout"));
  EXPECT_EQ(c.network.find_parameter("projection.weight"), nullptr);
}

TEST(Residual, ProjectsAVectorOfAnotherSize) {
  const Case c("residual:input=5,width=7,depth=1");
  const at::Tensor x = c.linear(c.x, "projection");
  c.expect_output(c.linear(x + c.linear(x.relu(), "layer_1"), "readout"));
}

TEST(Residual, TwoLayersPerBlockPutTwoRectifiersOnTheBranch) {
  const Case c("residual:input=7,width=7,depth=4,layers_per_block=2,norm=layer");
  at::Tensor x = c.x;
  for (const auto& [v, w] : {std::pair("layer_1", "layer_2"), std::pair("layer_3", "layer_4")}) {
    const at::Tensor inner = c.linear(layer_normalized(x).relu(), v);
    x = x + c.linear(layer_normalized(inner).relu(), w);
  }
  c.expect_output(c.linear(x, "readout"));
}

TEST(Residual, CountingLinearMapsHasThemAroundTheBlocks) {
  const Case c("residual:count=linear,input=5,width=7,depth=4,output=3,layers_per_block=2,norm=batch");
  const auto phi = [](const at::Tensor& z) { return batch_normalized(z).relu(); };
  at::Tensor x = c.linear(c.x, "layer_1");
  x = x + c.linear(phi(c.linear(phi(x), "layer_2")), "layer_3");
  c.expect_output(c.linear(phi(x), "layer_4"));
}

TEST(Highway, WeighsSkipAndBranchOnTheUnitCircle) {
  const Case c("highway:width=7,depth=2,gamma2=.6");
  at::Tensor x = c.embedded();
  for (const char* layer : {"layer_1", "layer_2"}) x = .8 * x + .6 * c.linear(x.relu(), layer);
  // The factors are float32 constants of the network.
  const float skip = .8F, branch = .6F;
  at::Tensor y = c.embedded();
  for (const char* layer : {"layer_1", "layer_2"}) {
    y = double{skip} * y + double{branch} * c.linear(y.relu(), layer);
  }
  EXPECT_TRUE(at::allclose(x, y, 1e-6));
  c.expect_output(c.linear(y, "readout"));
}

TEST(Highway, AutoIsOneOverTheRootOfTheDepth) {
  const Network network = build_family("highway:width=4,depth=16");
  EXPECT_FLOAT_EQ(network.find_parameter("layer_3.branch.factor")->value.item<float>(), .25F);
  EXPECT_FLOAT_EQ(network.find_parameter("layer_3.skip.factor")->value.item<float>(), std::sqrt(15.F / 16));
  const Network given = build_family("highway:width=4,depth=16,gamma1=.6");
  EXPECT_FLOAT_EQ(given.find_parameter("layer_3.branch.factor")->value.item<float>(), .8F);
}

TEST(Shallow, IsOneRectifierLayerOnAScalarWithNarrowBiases) {
  const Case c("shallow:width=10000");
  const at::Tensor b = c.weight("embedding.bias");
  c.expect_output(c.linear((c.x + b).relu(), "readout"));
  constexpr double kSigmas = 4;
  const double standard_error = .01 / std::sqrt(2 * 10000.0);  // of a standard deviation of 1/sqrt(10,000)
  EXPECT_NEAR(b.std().item<double>(), .01, kSigmas * standard_error);
  const Case wide("shallow:width=10000,bias_std=1");
  EXPECT_NEAR(wide.weight("embedding.bias").std().item<double>(), 1, kSigmas * standard_error * 100);
}

TEST(HighwayGated, MixesByTheGateThatTheStateSets) {
  const Case c("highway_gated:width=7,depth=2,norm=layer,gate_bias=-1.5");
  at::Tensor x = c.embedded();
  for (const std::string layer : {"layer_1", "layer_2"}) {
    const at::Tensor gate = (c.linear(x, layer + ".gate") - 1.5).sigmoid();
    x = gate * layer_normalized(c.linear(x, layer)).relu() + (1 - gate) * x;
  }
  c.expect_output(c.linear(x, "readout"));
  const Network network = initialize(build_family("highway_gated:width=4,depth=1"), "he", 1).network;
  EXPECT_TRUE(network.find_parameter("layer_1.gate.bias")->value.eq(-2).all().item<bool>());
}

TEST(HighwayGated, WithCReluHasAStateOfTwiceTheWidth) {
  const Case c("highway_gated:input=10,width=5,depth=1,crelu=true");
  const at::Tensor gate = (c.linear(c.x, "layer_1.gate") - 2).sigmoid();
  c.expect_output(c.linear(gate * crelu(c.linear(c.x, "layer_1")) + (1 - gate) * c.x, "readout"));
  EXPECT_EQ(c.weight("layer_1.weight").sizes(), at::IntArrayRef({5, 10}));
}

TEST(HighwayGated, HasItsSkipsAndBranchesFound) {
  const Network network = build_family("highway_gated:input=4,width=4,depth=3");
  const Structure view = structure(network);
  ASSERT_EQ(view.residual_sums.size(), 3U);
  for (const ResidualSum& sum : view.residual_sums) {
    EXPECT_THAT(network.nodes()[sum.node].inputs[sum.skip], ::testing::EndsWith(".skip"));
    EXPECT_THAT(network.nodes()[sum.node].inputs[sum.branch], ::testing::EndsWith(".branch"));
  }
  for (const Layer& layer : view.layers) {
    EXPECT_EQ(layer.residual_sum.has_value(), layer.name != "readout") << layer.name;
  }
}

TEST(Dense, EveryLayerSeesAllEarlierOnes) {
  const Case c("dense:width=7,depth=3,growth=3,norm=batch");
  at::Tensor x = c.embedded();
  for (const char* layer : {"layer_1", "layer_2", "layer_3"}) {
    x = at::cat({x, c.linear(batch_normalized(x).relu(), layer)}, 1);
  }
  EXPECT_EQ(c.weight("layer_3.weight").sizes(), at::IntArrayRef({3, 13}));
  EXPECT_EQ(c.weight("readout.weight").sizes(), at::IntArrayRef({1, 16}));
  c.expect_output(c.linear(x, "readout"));
}

TEST(Dense, TakesAVectorOfItsWidthAsItIsAndProjectsAnother) {
  const Case as_is("dense:input=7,width=7,depth=1,growth=2,crelu=true");
  as_is.expect_output(
      as_is.linear(at::cat({as_is.x, as_is.linear(crelu(as_is.x), "layer_1")}, 1), "readout"));
  EXPECT_EQ(as_is.network.find_parameter("projection.weight"), nullptr);
  const Case projected("dense:input=5,width=7,depth=1,growth=2");
  const at::Tensor x = projected.linear(projected.x, "projection");
  projected.expect_output(
      projected.linear(at::cat({x, projected.linear(x.relu(), "layer_1")}, 1), "readout"));
}

TEST(Families, SlopesAreThoseAskedFor) {
  for (const auto& [options, slope] :
       std::vector<std::pair<std::string, double>>{{"activation=prelu", .25},
                                                   {"activation=prelu,slope=.5", .5},
                                                   {"activation=leaky_relu", .01},
                                                   {"activation=leaky_relu,slope=.5", .5}}) {
    SCOPED_TRACE(options);
    const Case c("feedforward:input=5,width=7,depth=1," + options);
    const at::Tensor z = c.linear(c.x, "layer_1");
    const double stored = options.ends_with("leaky_relu") ? slope : double{static_cast<float>(slope)};
    c.expect_output(c.linear(at::where(z > 0, z, stored * z), "readout"));
  }
}

struct Counted {
  std::string spec;
  size_t linear_maps, nonlinearities, sums;
  int depth = static_cast<int>(nonlinearities);
};

TEST(Families, DepthCountsWhatTheSpecificationSays) {
  for (const Counted& expected : std::vector<Counted>{
           {"feedforward:width=4,depth=10", 11, 10, 0},
           {"feedforward:width=4,depth=10,input=3", 11, 10, 0},
           {"feedforward:width=4,depth=10,input=3,count=linear", 10, 9, 0},
           {"residual:width=4,depth=10", 12, 10, 10},
           {"residual:width=4,depth=10,input=4", 11, 10, 10},
           {"residual:width=4,depth=10,layers_per_block=2", 12, 10, 5},
           {"residual:width=4,depth=10,layers_per_block=2,input=4,count=linear", 10, 9, 4},
           {"highway:width=4,depth=10", 12, 10, 10},
           {"highway_gated:width=4,depth=10", 22, 20, 10, 10},
           {"dense:width=4,depth=10,growth=2", 12, 10, 0},
           {"shallow:width=4", 2, 1, 0},
       }) {
    const Network network = build_family(expected.spec);
    const Structure view = structure(network);
    EXPECT_EQ(view.layers.size(), expected.linear_maps) << expected.spec;
    EXPECT_EQ(view.nonlinearities.size(), expected.nonlinearities) << expected.spec;
    EXPECT_EQ(view.residual_sums.size(), expected.sums) << expected.spec;
    EXPECT_EQ(view.depth.back(), expected.depth) << expected.spec;
  }
}

TEST(Families, NodesHaveReadableNames) {
  const Network network = build_family("residual:width=4,depth=2,norm=batch,beta=.1,alpha=.5");
  for (const char* name : {"embedding", "layer_1.batch_norm", "layer_1.relu", "layer_1", "layer_1.branch",
                           "layer_1.sum", "layer_2.scaled", "readout"}) {
    EXPECT_GE(network.producer(name), 0) << name;
  }
}

}  // namespace
}  // namespace shatterproof::family_test
