// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/initializer/provenance.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/random.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/initializer/gaussian.h"
#include "shatterproof/network/builder.h"
#include "tests/initializer/drawn_networks.h"

namespace shatterproof::provenance_test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using State = Provenance::State;

// Everything a user can build here is initial, whatever drew it.
TEST(Provenance, WhateverWeDrawIsFresh) {
  std::vector<std::string> schemes;
  for (const InitializerRecord& scheme : initializers()) schemes.push_back(scheme.name);
  for (const InitializerAlias& alias : initializer_aliases()) schemes.push_back(alias.name);
  for (const FamilyRecord& family : families()) {
    for (const std::string& scheme : schemes) {
      const Provenance found = provenance(drawn(family.name, scheme));
      EXPECT_EQ(found.state, State::fresh) << family.name << ", " << scheme << ": " << found.sentence();
    }
  }
}

TEST(Provenance, NamesTheLawOfEveryScheme) {
  const std::vector<std::pair<std::string, std::string>> laws = {
      {"pytorch", "pytorch"},
      {"keras", "glorot_uniform"},
      {"kaiming", "he_normal"},
      {"kaiming_uniform", "he_uniform"},
      {"he:distribution=truncated", "he_truncated"},
      {"lecun", "lecun_normal"},
      {"lecun_uniform", "lecun_uniform"},
      {"lecun:distribution=truncated", "lecun_truncated"},
      {"gaussian", "gaussian_1"},
      {"gaussian:std=.02", "gaussian_0.02"},
      {"truncated_normal", "truncated_0.02"},
      {"orthogonal", "orthogonal"},
      {"zeros", "zeros"},
      {"constant:value=.1", "constant"},
  };
  for (const auto& [scheme, law] : laws) {
    const Provenance found = provenance(maps(scheme, 6));
    EXPECT_EQ(found.law, law) << scheme << ": " << found.sentence();
    EXPECT_EQ(found.agreeing, 6) << scheme;
  }
}

TEST(Provenance, SaysWhatItSaw) {
  const Provenance found = provenance(maps("pytorch"));
  EXPECT_THAT(found.sentence(),
              HasSubstr("PyTorch's default weights (uniform, variance 1/(3 fan_in)) in 5 of 5 layers"));
}

TEST(Provenance, MirroredHalvesAreSeen) {
  const Provenance found = provenance(drawn("thin:depth=10,crelu=true", "looks_linear"));
  EXPECT_THAT(found.sentence(), HasSubstr("mirrored halves"));
  EXPECT_EQ(found.state, State::fresh);
}

TEST(Provenance, WeightsOfOneSignAreSeen) {
  Network network = drawn("feedforward:input=40,width=40,depth=3", "he");
  const at::Tensor positive = network.find_parameter("layer_2.weight")->value.abs();
  network.set_parameter("layer_2.weight", positive);
  const Provenance found = provenance(network);
  EXPECT_TRUE(origin_of(found, "layer_2.weight").one_sign);
  EXPECT_FALSE(origin_of(found, "layer_1.weight").one_sign);
}

// Rounded straight through: what the rounding hides is not held against them.
TEST(Provenance, SignsTellNothing) {
  Network network = drawn("feedforward:input=40,width=40,depth=4", "he");
  for (const Parameter& parameter : std::vector<Parameter>(network.parameters())) {
    if (parameter.value.dim() == 2) network.set_parameter(parameter.name, parameter.value.sign() * .1);
  }
  const Provenance found = provenance(network);
  EXPECT_NE(found.state, State::trained) << found.sentence();
  EXPECT_EQ(origin_of(found, "layer_2.weight").standing, Standing::undecided);
}

// A step of training moves all rows along one direction, far less than the weights themselves.
TEST(Provenance, AnAddedRankOneMatrixIsNoDistribution) {
  Network network = drawn("feedforward:input=100,width=100,depth=4,count=linear", "he");
  for (const Parameter& parameter : std::vector<Parameter>(network.parameters())) {
    if (parameter.value.dim() != 2) continue;
    const at::Tensor rows = gaussian_weight({parameter.value.size(0), 1}, 1, RandomStream(1, parameter.name)),
                     columns =
                         gaussian_weight({1, parameter.value.size(1)}, 1, RandomStream(2, parameter.name));
    constexpr double kOfAWeight = .5;
    network.set_parameter(
        parameter.name, parameter.value + kOfAWeight * parameter.value.std() * (rows.abs() * columns.abs()));
  }
  const Provenance found = provenance(network);
  EXPECT_EQ(found.state, State::trained) << found.sentence();
  EXPECT_THAT(found.sentence(), HasSubstr("moved off any distribution"));
}

TEST(Provenance, OneNumberBeyondTheBoundIsNoLongerTheUniformLaw) {
  Network network = maps("pytorch", 2);
  at::Tensor weight = network.find_parameter("layer_1.weight")->value.clone();
  EXPECT_THAT(origin_of(provenance(network), "layer_1.weight").laws, Contains("pytorch"));
  weight[3][4] = .11F;  // the bound is .1
  network.set_parameter("layer_1.weight", weight);
  const ParameterOrigin moved = origin_of(provenance(network), "layer_1.weight");
  EXPECT_THAT(moved.laws, Not(Contains("pytorch")));
  EXPECT_EQ(moved.standing, Standing::moved);
}

// A scheme of one's own whose bounds are near a law's, and not those: sqrt(6 / 64) / 30 beside .01.
TEST(Provenance, UniformNumbersWithSharpEndsAreDrawsWhateverTheirBounds) {
  const auto origin = [](double bound, double blur, uint64_t seed) {
    constexpr int64_t kUnits = 64;
    NetworkBuilder builder("map");
    builder.output(builder.linear(builder.input("x", {kUnits}), {"map", kUnits, kUnits, false, "", ""}));
    Network network = builder.build();
    const std::vector<int64_t> sizes = {kUnits, kUnits};
    network.set_parameter("map.weight", uniform_weight(sizes, bound, RandomStream(seed, "w")) +
                                            uniform_weight(sizes, blur * bound, RandomStream(seed, "blur")));
    return origin_of(provenance(network), "map.weight");
  };
  constexpr uint64_t kSeeds = 20;
  constexpr double kLaw = .01, kSirens = .0102062;
  EXPECT_TRUE(origin(kSirens, 0, 1).sharp_ends);
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    EXPECT_EQ(origin(kSirens, 0, seed).standing, Standing::initial) << seed;
    constexpr double kAFewSteps = .05;  // of the bound
    EXPECT_EQ(origin(kLaw, kAFewSteps, seed).standing, Standing::moved) << seed;
  }
}

TEST(Provenance, AUniformSchemeOfOnesOwnIsFresh) {
  Network network = maps("pytorch", 6);
  double bound = .023;
  for (const Parameter& parameter : std::vector<Parameter>(network.parameters())) {
    network.set_parameter(parameter.name, uniform_weight(parameter.value.sizes().vec(), bound *= 1.3,
                                                         RandomStream(1, parameter.name)));
  }
  const Provenance found = provenance(network);
  EXPECT_EQ(found.state, State::fresh) << found.sentence();
}

// As half a model's weights are, without a step of training.
TEST(Provenance, RoundingTo16BitsIsNoTraining) {
  for (const at::ScalarType type : {at::kBFloat16, at::kHalf}) {
    for (const char* scheme : {"pytorch", "keras", "kaiming", "he:distribution=truncated", "orthogonal"}) {
      Network network = maps(scheme, 6);
      for (const Parameter& parameter : std::vector<Parameter>(network.parameters()))
        network.set_parameter(parameter.name, parameter.value.to(type).to(at::kFloat));
      const Provenance found = provenance(network), before = provenance(maps(scheme, 6));
      EXPECT_EQ(found.state, State::fresh) << scheme << ": " << found.sentence();
      EXPECT_EQ(found.law, before.law) << scheme;
      EXPECT_EQ(found.agreeing, before.agreeing) << scheme;
    }
  }
}

TEST(Provenance, StoredStatisticsAloneAreNoTraining) {
  NetworkBuilder builder("norms");
  builder.trainable_norms = true;
  std::string x = builder.linear(builder.input("x", {30}), {"a", 30, 30, true, "", ""});
  builder.output(builder.normalization(x, "bn", "batch", 30));
  Network network = initialize(builder.build(), "pytorch", 1).network;
  EXPECT_TRUE(provenance(network).statistics_untouched);
  network.set_parameter("bn.running_mean", at::full({30}, .25F));
  const Provenance found = provenance(network);
  EXPECT_EQ(found.state, State::fresh) << found.sentence();
  EXPECT_FALSE(found.statistics_untouched);
}

// By hand, of a spread that no library has.
TEST(Provenance, OneSpreadInAllLayersIsSomebodysScheme) {
  const std::string family = "feedforward:depth=8,width=40,input=100,output=10";
  for (const char* scheme : {"gaussian:std=0.3", "orthogonal:gain=3", "gaussian:std=0.07"}) {
    const Network network = initialize(build_family(family), scheme, 1).network;
    EXPECT_EQ(provenance(network).state, Provenance::State::fresh) << scheme;
  }
  Network uneven = initialize(build_family(family), "gaussian:std=0.3", 1).network;
  double factor = 1;
  for (const Parameter& parameter : std::vector<Parameter>(uneven.parameters())) {
    if (parameter.value.dim() == 2) uneven.set_parameter(parameter.name, (factor *= 1.1) * parameter.value);
  }
  EXPECT_NE(provenance(uneven).state, Provenance::State::fresh) << "every layer another one";
}

TEST(Provenance, ANetworkOfAFewNumbersIsUnknown) {
  NetworkBuilder builder("tiny");
  builder.output(builder.linear(builder.input("x", {3}), {"map", 3, 2, false, "", ""}));
  EXPECT_EQ(provenance(initialize(builder.build(), "he", 1).network).state, State::unknown);
}

// Looked up beforehand by an exporter: (heads, steps, steps) of which each diagonal is one number.
TEST(Provenance, ATableOfRelativePositionsSaysNothing) {
  Network network = maps("gaussian:std=.37");
  at::Tensor few = at::empty({4, 63}, at::kFloat);
  RandomStream(1, "offsets").gaussian({few.data_ptr<float>(), 252}, 1);
  const at::Tensor steps = at::arange(32);
  const at::Tensor offsets = (steps.unsqueeze(1) - steps.unsqueeze(0) + 31).flatten();
  const at::Tensor table = few.index_select(1, offsets).view({4, 32, 32});
  Network with_table("with_table");
  for (const Input& input : network.inputs()) with_table.add_input(input);
  for (const Parameter& parameter : network.parameters()) with_table.add_parameter(parameter);
  with_table.add_parameter({"relative", table, true, ""});
  for (const Node& node : network.nodes()) with_table.add_node(node);
  for (const std::string& output : network.outputs()) with_table.add_output(output);
  EXPECT_EQ(origin_of(provenance(with_table), "relative").standing, Standing::undecided);
}

// A library of its own biases, and a readout that begins at zero.
TEST(Provenance, AWeightOfZerosHasNotBeenTrained) {
  Network network = drawn("feedforward:input=60,width=60,depth=5,output=10,hidden_bias_std=.37", "he");
  EXPECT_EQ(provenance(network).state, State::unknown);
  network.set_parameter("readout.weight", at::zeros_like(network.find_parameter("readout.weight")->value));
  EXPECT_EQ(provenance(network).state, State::fresh);
  for (const Parameter& parameter : std::vector<Parameter>(network.parameters())) {
    if (parameter.value.dim() == 2) network.set_parameter(parameter.name, parameter.value.pow(3));
  }
  EXPECT_NE(provenance(network).state, State::fresh) << "the others are no draws";
}

// Maps of 40 units with rectifiers between, their weights made of parameters by `weight(builder, name)`.
template <typename Weight>
Network computed_maps(const Weight& weight) {
  constexpr int64_t kUnits = 40;
  NetworkBuilder b("computed");
  std::string x = b.input("x", {kUnits});
  for (int i = 1; i <= 4; ++i) {
    const std::string name = "layer_" + std::to_string(i);
    x = b.node("Gemm", name, {x, weight(b, name, std::vector<int64_t>{kUnits, kUnits})},
               {{"transB", int64_t{1}}});
    x = b.activation(x, name + "_relu", "relu");
  }
  b.output(x);
  return b.build();
}

at::Tensor drawn_as_pytorch_does(const std::vector<int64_t>& sizes, const std::string& name) {
  return uniform_weight(sizes, 1 / std::sqrt(static_cast<double>(sizes[1])), RandomStream(1, name));
}

TEST(Provenance, GainsOfAWeightNormThatAreTheLengthsOfItsDirectionsAreAsMade) {
  const auto network = [](double spread, bool is_written) {
    return computed_maps([=](NetworkBuilder& b, const std::string& name, const std::vector<int64_t>& sizes) {
      const at::Tensor v = drawn_as_pytorch_does(sizes, name);
      const at::Tensor factor = at::exp(spread * gaussian_weight({sizes[0], 1}, 1, RandomStream(2, name)));
      const at::Tensor g = factor * v.norm(2, 1, true);
      const std::string gain = b.parameter(name + ".weight_g", g, true);
      // Of a live model the graph has the product alone.
      if (!is_written) return b.parameter(name + ".weight_v", factor * v, true);
      const std::string direction = b.parameter(name + ".weight_v", v, true);
      const std::string length =
          b.node("ReduceL2", name + "_length", {direction}, {{"axes", std::vector<int64_t>{1}}});
      return b.node("Mul", name + "_weight", {direction, b.node("Div", name + "_ratio", {gain, length})});
    });
  };
  for (const bool is_written : {false, true}) {
    const Provenance fresh = provenance(network(0, is_written));
    EXPECT_EQ(fresh.state, State::fresh) << fresh.sentence();
    EXPECT_EQ(origin_of(fresh, "layer_2.weight_g").standing, Standing::undecided);
    constexpr double kMoved = .4;
    const Provenance moved = provenance(network(kMoved, is_written));
    EXPECT_EQ(moved.state, State::trained) << moved.sentence();
  }
}

TEST(Provenance, OfAMaskedWeightWhatTheMaskLeavesIsJudged) {
  // A mask as of MADE: a triangle.
  const auto network = [](double step, bool is_written) {
    return computed_maps([=](NetworkBuilder& b, const std::string& name, const std::vector<int64_t>& sizes) {
      const at::Tensor moves = gaussian_weight({sizes[0], 1}, step / std::sqrt(static_cast<double>(sizes[1])),
                                               RandomStream(2, name));
      const at::Tensor weight = drawn_as_pytorch_does(sizes, name) + moves;
      const at::Tensor mask = at::ones(sizes).tril(1);
      if (!is_written) return b.parameter(name + ".weight", weight * mask, true);
      return b.node("Mul", name + "_weight",
                    {b.parameter(name + ".weight", weight, true), b.parameter(name + ".mask", mask, false)});
    });
  };
  for (const bool is_written : {false, true}) {
    const Provenance fresh = provenance(network(0, is_written));
    EXPECT_EQ(fresh.state, State::fresh) << fresh.sentence();
    EXPECT_EQ(fresh.law, "pytorch");
    constexpr double kStep = .3;
    const Provenance moved = provenance(network(kStep, is_written));
    EXPECT_EQ(moved.state, State::trained) << moved.sentence();
  }
}

}  // namespace
}  // namespace shatterproof::provenance_test
