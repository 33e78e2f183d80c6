// SPDX-License-Identifier: Apache-2.0
// Transformers against their formulas, one head and one example at a time.
#include "shatterproof/architecture/transformer.h"

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

namespace shatterproof::transformer_test {
namespace {

using ::testing::ElementsAre;

constexpr double kRounding = 1e-9;  // of a few float64 layers
constexpr int64_t kExamples = 3;

at::Tensor normalized(const at::Tensor& x) {
  const at::Tensor centred = x - x.mean(-1, true);
  return centred / centred.square().mean(-1, true).sqrt();
}

/// One example, x [tokens, width], through the formulas of transformer.h.
class Reference {
 public:
  Reference(const Network& network, const TransformerOptions& options)
      : network_(network), options_(options) {}

  at::Tensor output(at::Tensor x) const {
    const bool first = options_.norm_place == NormPlace::before_branch;
    if (network_.find_parameter("projection.weight")) x = x.mm(weight("projection"));
    for (int64_t l = 1; l <= options_.depth; ++l) {
      const std::string block = fmt::format("block_{}", l);
      x = first ? x + options_.beta * attention(norm(x), block)
                : norm(x + options_.beta * attention(x, block));
      x = first ? x + options_.beta * perceptron(norm(x), block)
                : norm(x + options_.beta * perceptron(x, block));
    }
    return (first ? norm(x) : x).mean(0).unsqueeze(0).mm(weight("readout").t());
  }

 private:
  at::Tensor weight(const std::string& layer) const {
    return network_.find_parameter(layer + ".weight")->value.to(at::kDouble);
  }
  at::Tensor norm(const at::Tensor& x) const { return options_.norm == "layer" ? normalized(x) : x; }

  at::Tensor attention(const at::Tensor& x, const std::string& block) const {
    const int64_t units = options_.width / options_.heads;
    std::vector<at::Tensor> heads;
    for (int64_t head = 0; head < options_.heads; ++head) {
      const auto part = [&](const char* what) {
        return x.mm(weight(fmt::format("{}.attention.{}", block, what))).narrow(1, head * units, units);
      };
      // The factor is a float32 constant of the network.
      const double factor = static_cast<float>(1 / std::sqrt(static_cast<double>(units)));
      const at::Tensor grown = (part("query").mm(part("key").t()) * factor).exp();
      heads.push_back((grown / grown.sum(1, true)).mm(part("value")));
    }
    return at::cat(heads, 1).mm(weight(block + ".attention.output"));
  }

  at::Tensor perceptron(const at::Tensor& x, const std::string& block) const {
    const at::Tensor z = x.mm(weight(block + ".mlp.first"));
    const at::Tensor gelu = z * 0.5 * (1 + (z / std::sqrt(2.0)).erf());
    return (options_.activation == "gelu" ? gelu : z.relu()).mm(weight(block + ".mlp.second"));
  }

  const Network& network_;
  const TransformerOptions& options_;
};

TransformerOptions small(NormPlace place) {
  TransformerOptions options;
  options.norm_place = place;
  options.tokens = 5;
  options.width = 12;
  options.depth = 2;
  options.heads = 3;
  options.mlp_ratio = 2;
  options.output = 2;
  return options;
}

void expect_formula(const TransformerOptions& options) {
  const Network network = initialize(transformer(options), "he", 3).network;
  const Batch batch = gaussian_batch(network.inputs(), kExamples, 3);
  RunOptions run;
  run.dtype = at::kDouble;
  const at::Tensor found = Execution(network, run).outputs(batch).at(0);
  ASSERT_EQ(found.sizes(), at::IntArrayRef({kExamples, options.output}));
  const Reference reference(network, options);
  for (int64_t i = 0; i < kExamples; ++i) {
    const at::Tensor expected = reference.output(batch.inputs[0][i].to(at::kDouble));
    EXPECT_LE((found[i] - expected[0]).abs().max().item<double>(),
              kRounding * expected.abs().max().item<double>());
  }
}

TEST(Transformer, BeforeTheBranchIsItsFormula) {
  expect_formula(small(NormPlace::before_branch));
}

TEST(Transformer, AfterTheSumIsItsFormula) {
  expect_formula(small(NormPlace::after_sum));
}

TEST(Transformer, TakesEveryOptionAtAnotherValue) {
  for (const NormPlace place : {NormPlace::before_branch, NormPlace::after_sum}) {
    TransformerOptions options = small(place);
    options.input = 7;
    options.heads = 1;
    options.activation = "relu";
    options.beta = 0.5;
    expect_formula(options);
    options.norm = "none";
    options.heads = 12;
    options.tokens = 1;
    expect_formula(options);
  }
}

TEST(Transformer, DoesNotCareForTheOrderOfTokens) {
  const Network network = initialize(transformer(small(NormPlace::before_branch)), "he", 1).network;
  Batch batch = gaussian_batch(network.inputs(), kExamples, 1);
  RunOptions run;
  run.dtype = at::kDouble;
  Execution execution(network, run);
  const at::Tensor forwards = execution.outputs(batch).at(0);
  batch.inputs[0] = batch.inputs[0].flip(1);
  EXPECT_LE((execution.outputs(batch).at(0) - forwards).abs().max().item<double>(), kRounding);
}

std::string name_of(const Network& network, const std::optional<size_t>& node) {
  return node ? network.nodes()[*node].name : "";
}

TEST(Transformer, IsSeenAsSixLayersPerBlockAndTwoResidualSums) {
  for (const NormPlace place : {NormPlace::before_branch, NormPlace::after_sum}) {
    const Network network = transformer(small(place));
    const Structure view = structure(network);
    ASSERT_EQ(view.layers.size(), 2 * 6 + 1U);
    ASSERT_EQ(view.residual_sums.size(), 4U);
    const auto layer = [&](const std::string& name) {
      for (const Layer& each : view.layers) {
        if (each.name == name) return each;
      }
      throw std::invalid_argument(name);
    };
    const auto ends_in = [&](const std::string& name) {
      const std::optional<size_t> sum = layer(name).residual_sum;
      return sum ? network.nodes()[view.residual_sums[*sum].node].name : "";
    };
    for (const char* projection : {"query", "key", "value"}) {
      EXPECT_EQ(layer(fmt::format("block_2.attention.{}", projection)).fan_in, 12);
      EXPECT_EQ(ends_in(fmt::format("block_2.attention.{}", projection)), "");
    }
    EXPECT_EQ(ends_in("block_2.attention.output"), "block_2.attention.sum");
    EXPECT_EQ(ends_in("block_2.mlp.second"), "block_2.mlp.sum");
    EXPECT_EQ(name_of(network, layer("block_2.mlp.first").nonlinearity), "block_2.mlp.gelu");
    EXPECT_EQ(name_of(network, layer("block_2.mlp.second").input_nonlinearity), "block_2.mlp.gelu");
    EXPECT_EQ(layer("block_1.mlp.second").fan_in, 24);
    EXPECT_EQ(layer("block_1.mlp.second").fan_out, 12);
    for (const ResidualSum& sum : view.residual_sums) EXPECT_EQ(sum.skip, 0U);
  }
}

TEST(Transformer, HasItsStatesAtTheSums) {
  for (const char* family : {"transformer_pre_norm", "transformer_post_norm"}) {
    const Network network = build_family(std::string(family) + ":depth=2,width=8,heads=2,tokens=3");
    std::vector<std::string> states;
    const Execution execution(network, {});
    for (const Tap& tap : execution.taps()) {
      if (tap.layer_state && !tap.bypassed) states.push_back(tap.name);
    }
    EXPECT_THAT(states, ElementsAre("block_1.attention.sum", "block_1.mlp.sum", "block_2.attention.sum",
                                    "block_2.mlp.sum"))
        << family;
  }
}

TEST(Transformer, DrawsItsProjectionsFromTheirFanIn) {
  const Network network =
      initialize(build_family("transformer_pre_norm:width=256,depth=1,input=100"), "he", 1).network;
  const auto std_of = [&](const std::string& layer) {
    return network.find_parameter(layer + ".weight")->value.std().item<double>();
  };
  constexpr double kSigmas = 4;
  const auto expect_std = [&](const std::string& layer, double expected, int64_t numbers) {
    EXPECT_NEAR(std_of(layer), expected, kSigmas * expected / std::sqrt(2.0 * static_cast<double>(numbers)));
  };
  for (const char* part : {"query", "key", "value", "output"})
    expect_std(fmt::format("block_1.attention.{}", part), std::sqrt(2.0 / 256), 256 * 256);
  expect_std("block_1.mlp.first", std::sqrt(2.0 / 256), 256 * 1024);
  expect_std("block_1.mlp.second", std::sqrt(2.0 / 1024), 256 * 1024);
  expect_std("projection", std::sqrt(1.0 / 100), 100 * 256);
}

}  // namespace
}  // namespace shatterproof::transformer_test
