// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "shatterproof/onnx/import.h"
#include "shatterproof/onnx/subject.h"
#include "tests/onnx/model_writing.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::folded_normalization_test {
namespace {

bool is_folded(const ModelWriter& model) {
  const TemporaryFolder folder;
  return import_onnx(model.write(folder.path() / "model.onnx")).folded_normalization;
}

constexpr int64_t kChannels = 32;

// Numbers of one convolution: gaussian filters whose sizes differ by exp(spread z), biases of `bias` times
// the size of their filter.
struct Law {
  double spread = 0;
  double bias = 0;
};

// Three convolutions with a bias, each before a rectifier, and a readout.
ModelWriter three_convolutions(const std::string& producer, const std::vector<std::string>& names, Law law) {
  ModelWriter model;
  model.proto.set_producer_name(producer);
  model.input("x", {-1, kChannels, 6, 6}).output("y");
  std::mt19937 engine(1);
  std::normal_distribution<double> normal;
  std::string value = "x";
  for (size_t layer = 0; layer < 3; ++layer) {
    const int64_t fan_in = kChannels * 9;
    std::vector<float> weight, bias;
    for (int64_t channel = 0; channel < kChannels; ++channel) {
      const double size = std::exp(law.spread * normal(engine));
      for (int64_t i = 0; i < fan_in; ++i)
        weight.push_back(static_cast<float>(size * normal(engine) / std::sqrt(static_cast<double>(fan_in))));
      bias.push_back(static_cast<float>(size * law.bias * normal(engine)));
    }
    model.initializer(float_tensor(names[2 * layer], {kChannels, kChannels, 3, 3}, weight));
    model.initializer(float_tensor(names[2 * layer + 1], {kChannels}, bias));
    const std::string z = "z" + std::to_string(layer), a = "a" + std::to_string(layer);
    model.node("Conv", {value, names[2 * layer], names[2 * layer + 1]}, {z});
    model.attribute("pads", std::vector<int64_t>{1, 1, 1, 1}).node("Relu", {z}, {a});
    value = a;
  }
  model.node("GlobalAveragePool", {value}, {"pooled"}).node("Flatten", {"pooled"}, {"flat"});
  model.initializer(ramp("fc.weight", {5, kChannels}));
  return model.node("Gemm", {"flat", "fc.weight"}, {"y"}).attribute("transB", int64_t{1});
}

const std::vector<std::string> kOwned = {"a.weight", "a.bias", "b.weight", "b.bias", "c.weight", "c.bias"};
const std::vector<std::string> kMadeUp = {"onnx::Conv_1", "onnx::Conv_2", "onnx::Conv_3",
                                          "onnx::Conv_4", "onnx::Conv_5", "onnx::Conv_6"};
const std::vector<std::string> kSilent = {"p1", "p2", "p3", "p4", "p5", "p6"};
constexpr Law kFolded{0.5, 0.7}, kDefault{0, 0.03}, kTrained{0.15, 0.06};

Subject subject_with(const std::vector<std::string>& names) {
  const TemporaryFolder folder;
  return subject_of_file(three_convolutions("", names, kFolded).write(folder.path() / "model.onnx"));
}

TEST(FoldedNormalization, IsToldByTheNamesThatPytorchMakesUp) {
  EXPECT_TRUE(is_folded(three_convolutions("pytorch", kMadeUp, kFolded)));
  EXPECT_TRUE(is_folded(three_convolutions("pytorch", {"487", "489", "491", "493", "495", "497"}, kFolded)));
  EXPECT_TRUE(is_folded(three_convolutions("pytorch", kMadeUp, kDefault)));
}

TEST(FoldedNormalization, IsNotWhereModulesOwnTheirWeightsWhateverTheNumbers) {
  for (const Law law : {kFolded, kDefault, kTrained}) {
    EXPECT_FALSE(is_folded(three_convolutions("pytorch", kOwned, law)));
    EXPECT_FALSE(is_folded(three_convolutions("", kOwned, law)));
  }
}

TEST(FoldedNormalization, IsToldByWhatOtherOptimizersCallIt) {
  std::vector<std::string> names = kSilent;
  names[0] = "model/conv/Conv2D_weights_fused_bn";
  EXPECT_TRUE(is_folded(three_convolutions("tf2onnx", names, kDefault)));
}

TEST(FoldedNormalization, IsToldByWhatTheNormGaveOut) {
  ModelWriter model = three_convolutions("pytorch", kOwned, kDefault);
  for (auto& node : *model.graph().mutable_node()) {
    for (std::string& value : *node.mutable_output()) value = value == "z0" ? "getitem" : value;
    for (std::string& value : *node.mutable_input()) value = value == "z0" ? "getitem" : value;
  }
  EXPECT_TRUE(is_folded(model));
}

TEST(FoldedNormalization, IsAskedOfTheNumbersWhereNamesSayNothing) {
  ModelWriter silent = three_convolutions("", kSilent, kFolded);
  silent.graph().mutable_initializer(6)->set_name("p7");
  silent.last_node().set_input(1, "p7");
  EXPECT_TRUE(is_folded(silent));
  for (const Law law : {kDefault, kTrained, Law{0, 0}, Law{0.5, 0.02}}) {
    ModelWriter model = three_convolutions("", kSilent, law);
    model.graph().mutable_initializer(6)->set_name("p7");
    model.last_node().set_input(1, "p7");
    EXPECT_FALSE(is_folded(model)) << law.spread << " " << law.bias;
  }
}

// Behind the convolution that gives "getitem", as wide as it, and without the bias that folding made.
TEST(FoldedNormalization, IsPutBackWhereItStood) {
  const std::vector<std::string> names = {"a.weight", "a.bias", "b.weight", "b.bias", "c.weight", "c.bias"};
  for (const double bias : {0., .03}) {
    ModelWriter model = three_convolutions("pytorch", names, {0, bias});
    for (auto& node : *model.graph().mutable_node()) {
      for (std::string& value : *node.mutable_output()) value = value == "z1" ? "getitem" : value;
      for (std::string& value : *node.mutable_input()) value = value == "z1" ? "getitem" : value;
    }
    const TemporaryFolder folder;
    const Subject subject = subject_of_file(model.write(folder.path() / "model.onnx"));
    ASSERT_TRUE(subject.unfolded);
    const Network& whole = *subject.unfolded;
    ASSERT_EQ(whole.nodes().size(), subject.network.nodes().size() + 1);
    const auto place = static_cast<size_t>(whole.producer("getitem"));
    const Node &convolution = whole.nodes().at(place), &norm = whole.nodes().at(place + 1);
    ASSERT_EQ(norm.op, "BatchNormalization");
    EXPECT_EQ(norm.inputs[0], "getitem");
    EXPECT_EQ(whole.find_parameter(norm.inputs[1])->value.numel(), kChannels);
    const std::vector<std::string>& next = whole.nodes().at(place + 2).inputs;
    EXPECT_EQ(std::count(next.begin(), next.end(), norm.outputs[0]), 1);
    EXPECT_EQ(convolution.inputs[1], "b.weight");
    EXPECT_EQ(convolution.inputs.size(), bias == 0 ? 2U : 3U);
  }
  EXPECT_FALSE(subject_with(kSilent).unfolded);  // the numbers tell that, not where
}

TEST(FoldedNormalization, IsNotANetworkWithoutConvolutions) {
  EXPECT_FALSE(is_folded(small_model()));
}

}  // namespace
}  // namespace shatterproof::folded_normalization_test
