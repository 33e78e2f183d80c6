// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/network/composite.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "pattern_samples.h"
#include "shatterproof/network/layer.h"

namespace shatterproof::composite_test {
namespace {

constexpr int64_t kUnits = 12;

// linear, what the sample writes, linear.
Network network_of(const PatternSample& sample) {
  Written w;
  const std::string x = w.builder.input("x", {-1, 5});
  const std::string y = sample.write(w, w.linear(x, 5, kUnits));
  w.builder.output(w.linear(y, kUnits, 3));
  return w.builder.build();
}

TEST(Composite, OfAnActivationIsOneNonlinearityInEveryForm) {
  for (const PatternSample& sample : activation_samples()) {
    SCOPED_TRACE(sample.pattern + ", " + sample.form);
    const Network network = network_of(sample);
    const Structure view = structure(network);
    ASSERT_EQ(view.layers.size(), 2);
    ASSERT_EQ(view.nonlinearities.size(), 1);
    const size_t node = view.nonlinearities[0];
    EXPECT_EQ(network.nodes()[view.layers[1].node].inputs[0], network.nodes()[node].outputs[0]);
    EXPECT_EQ(view.layers[0].nonlinearity, node);
    EXPECT_EQ(view.layers[1].input_nonlinearity, node);
    EXPECT_EQ(view.depth.back(), 1);
    EXPECT_TRUE(view.residual_sums.empty());
    const Composite* composite = view.composite_at(node);
    ASSERT_NE(composite, nullptr);
    EXPECT_EQ(composite->pattern, sample.pattern);
    EXPECT_EQ(composite->role, CompositeRole::nonlinearity);
    EXPECT_EQ(entering_at(network, view, node), network.nodes()[view.layers[0].output].outputs[0]);
    EXPECT_TRUE(sample.op.empty() || operator_at(network, view, node) == sample.op) << sample.op;
    for (const auto& [attribute, value] : sample.attributes) {
      const double* number = std::get_if<double>(&value);
      constexpr double kOfHalfPrecision = 1e-3;
      if (number && composite->numbers.contains(attribute)) {
        EXPECT_NEAR(composite->numbers.at(attribute), *number, kOfHalfPrecision);
      }
    }
  }
}

// x y / max(|x| |y|, eps), and the logarithm of a clipped probability: they bend at nothing that is met.
TEST(Composite, AnEpsilonUnderAFractionIsNoRectifier) {
  const auto bends = [](const auto& write) {
    Written w;
    const std::string x = w.builder.input("x", {5}), y = w.linear(x, 5, kUnits), z = w.linear(x, 5, kUnits);
    w.builder.output(write(w, y, z));
    const Network network = w.builder.build();
    return structure(network).nonlinearities.size();
  };
  using S = const std::string&;
  const auto length = [](Written& w, S x) {
    return w.node("ReduceL2", {x}, {{"axes", std::vector<int64_t>{-1}}});
  };
  for (const char* op : {"Max", "Clip"}) {
    EXPECT_EQ(bends([&](Written& w, S y, S z) {
                return w.div(w.mul(y, z), w.node(op, {w.mul(length(w, y), length(w, z)), w.c(1e-8)}));
              }),
              0)
        << op;
    EXPECT_EQ(bends([&](Written& w, S y, S z) {
                return w.div(
                    y, w.mul(w.node(op, {length(w, z), w.c(1e-8)}), w.node(op, {length(w, y), w.c(1e-8)})));
              }),
              0)
        << op;
    EXPECT_EQ(bends([&](Written& w, S y, S z) {
                return w.add(w.node("Log", {w.node(op, {y, w.c(1e-7)})}), z);
              }),
              0)
        << op;
    EXPECT_EQ(bends([&](Written& w, S y, S z) {
                return w.add(w.node(op, {y, w.c(0)}), z);
              }),
              1)
        << op << " with 0 is a rectifier";
    EXPECT_EQ(bends([&](Written& w, S y, S z) {
                return w.div(w.node(op, {y, w.c(1e-7)}), z);
              }),
              1)
        << op << " above a fraction is one";
    EXPECT_EQ(bends([&](Written& w, S y, S z) {
                return w.div(z, w.node(op, {y, w.c(.5)}));
              }),
              1)
        << op << " with a large bound is one";
    EXPECT_EQ(bends([&](Written& w, S y, S z) {
                std::string bounded = w.node(op, {y, w.c(1e-8)});
                for (int i = 0; i < 200; ++i) bounded = w.mul(bounded, bounded);
                return w.div(z, bounded);
              }),
              1)
        << op << " two hundred products before the fraction, on more ways than can be counted";
  }
  EXPECT_EQ(bends([&](Written& w, S y, S z) {
              return w.div(z, w.node("Clip", {y, w.c(1e-8), w.c(6)}));
            }),
            1)
      << "Clip with an upper bound is one";
}

TEST(Composite, OfANormIsOneNormalizationInEveryForm) {
  for (const PatternSample& sample : normalization_samples()) {
    SCOPED_TRACE(sample.pattern + ", " + sample.form);
    const Network network = network_of(sample);
    const Structure view = structure(network);
    ASSERT_EQ(view.layers.size(), 2);
    EXPECT_TRUE(view.residual_sums.empty());
    std::vector<const Composite*> norms;
    for (const Composite& composite : view.composites) {
      if (composite.role == CompositeRole::normalization) norms.push_back(&composite);
    }
    ASSERT_EQ(norms.size(), 1);
    EXPECT_EQ(norms[0]->pattern, sample.pattern);
    const bool rectifies = sample.pattern == "instance_norm";  // its sample does, before the norm
    EXPECT_EQ(view.nonlinearities.size(), rectifies ? 1U : 0U);
    if (rectifies) continue;
    EXPECT_EQ(norms[0]->inputs[0], network.nodes()[view.layers[0].output].outputs[0]);
    EXPECT_EQ(network.nodes()[view.layers[1].node].inputs[0], network.nodes()[norms[0]->output].outputs[0]);
  }
}

TEST(Composite, HasASampleForEveryActivationAndNormOfTheTable) {
  std::set<std::string> sampled;
  for (const auto samples : {activation_samples, normalization_samples}) {
    for (const PatternSample& sample : samples()) sampled.insert(sample.pattern);
  }
  for (const PatternRecord& record : patterns()) {
    EXPECT_FALSE(record.sentence.empty() || record.picture.empty() || record.op.empty()) << record.name;
    EXPECT_EQ(find_pattern(record.name), &record);
    const bool of_values =
        record.role == CompositeRole::nonlinearity || record.role == CompositeRole::normalization;
    EXPECT_TRUE(!of_values || sampled.contains(record.name)) << record.name;
  }
}

TEST(Composite, IsNotMadeOfWhatIsReadElsewhere) {
  Written w;
  const std::string x = w.builder.input("x", {-1, 5});
  const std::string z = w.linear(x, 5, kUnits), bent = w.node("Sigmoid", {z});
  w.builder.output(w.linear(w.mul(z, bent), kUnits, 3));
  w.builder.output(bent);
  const Structure view = structure(w.builder.build());
  ASSERT_EQ(view.nonlinearities.size(), 1);
  const Composite* composite = view.composite_at(view.nonlinearities[0]);
  EXPECT_TRUE(composite == nullptr || composite->role == CompositeRole::gate);
}

TEST(Composite, IsNoKinkWhereAnEpsilonIsAdded) {
  Written w;
  const std::string x = w.builder.input("x", {-1, 5});
  w.builder.output(w.linear(w.add(w.linear(x, 5, kUnits), w.c(1e-6)), kUnits, 3));
  const Structure view = structure(w.builder.build());
  EXPECT_TRUE(view.nonlinearities.empty());
  EXPECT_TRUE(view.composites.empty());
}

TEST(Composite, LeavesAGainAfterAnActivationToItself) {
  Written w;
  const std::string x = w.builder.input("x", {-1, 5}), z = w.linear(x, 5, kUnits);
  const std::string gain = w.builder.parameter("gain", at::ones({kUnits}), true);
  w.builder.output(w.linear(w.mul(w.node("Relu", {z}), gain), kUnits, 3));
  const Structure view = structure(w.builder.build());
  EXPECT_EQ(view.nonlinearities.size(), 1);
  EXPECT_TRUE(view.composites.empty());
}

TEST(Composite, OfAGateIsTheProductAndLeavesTheActivationANonlinearity) {
  Written w;
  const std::string x = w.builder.input("x", {-1, 5});
  const std::string a = w.linear(x, 5, kUnits), b = w.linear(x, 5, kUnits);
  w.builder.output(w.linear(w.mul(a, w.mul(b, w.node("Sigmoid", {b}))), kUnits, 3));
  const Structure view = structure(w.builder.build());
  ASSERT_EQ(view.composites.size(), 2);
  EXPECT_EQ(view.composites[0].op, "Swish");
  EXPECT_EQ(view.composites[1].op, "Swiglu");
  EXPECT_EQ(view.nonlinearities, std::vector<size_t>{view.composites[0].output});
  EXPECT_EQ(view.layers.size(), 3);
}

TEST(Composite, OfAttentionHoldsScoresMaskAndProbabilities) {
  Written w;
  const std::string x = w.builder.input("x", {-1, 4, kUnits});
  const std::string mask = w.builder.input("mask", {-1, 4});
  const auto project = [&](const char* name) { return w.builder.linear_per_token(x, name, kUnits, kUnits); };
  const std::string q = project("q"), v = project("v");
  const std::string k = w.node("Transpose", {project("k")}, {{"perm", std::vector<int64_t>{0, 2, 1}}});
  const std::string bias = w.mul(w.sub(w.c(1), w.node("Unsqueeze", {mask, w.integers({1})})), w.c(-1e4));
  const std::string scores = w.div(w.node("MatMul", {q, k}), w.c(std::sqrt(12)));
  const std::string probabilities = w.node("Softmax", {w.add(scores, bias)}, {{"axis", int64_t{-1}}});
  const std::string read = w.node("MatMul", {w.node("Dropout", {probabilities}), v});
  w.builder.output(w.add(x, w.builder.linear_per_token(read, "o", kUnits, kUnits)));
  const Structure view = structure(w.builder.build());
  EXPECT_EQ(view.layers.size(), 4);
  ASSERT_EQ(view.residual_sums.size(), 1);
  EXPECT_EQ(view.residual_sums[0].skip, 0);
  ASSERT_EQ(view.composites.size(), 1);
  EXPECT_EQ(view.composites[0].op, "Attention");
  EXPECT_EQ(view.composites[0].values.at("probabilities"), probabilities);
  EXPECT_EQ(view.composites[0].nodes.size(), 6);
  EXPECT_TRUE(view.nonlinearities.empty());
}

TEST(Composite, OfMaxoutCountsAsANonlinearityOfSeveralMaps) {
  Written w;
  const std::string x = w.builder.input("x", {-1, 5});
  w.builder.output(w.linear(w.node("Max", {w.linear(x, 5, kUnits), w.linear(x, 5, kUnits)}), kUnits, 3));
  const Structure view = structure(w.builder.build());
  EXPECT_EQ(view.layers.size(), 3);
  ASSERT_EQ(view.nonlinearities.size(), 1);
  EXPECT_EQ(view.composite_at(view.nonlinearities[0])->op, "Maxout");
}

}  // namespace
}  // namespace shatterproof::composite_test
