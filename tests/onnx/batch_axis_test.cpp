// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shatterproof/onnx/import.h"
#include "tests/onnx/model_writing.h"
#include "tests/onnx/network_outputs.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::batch_axis_test {
namespace {

constexpr double kRounding = 1e-6;

ImportedModel import(const ModelWriter& model) {
  const TemporaryFolder folder;
  return import_onnx(model.write(folder.path() / "model.onnx"));
}

// Whether five examples together give what they give one by one.
void expect_examples_apart(const Network& network) {
  const Batch batch = random_batch(network, 5);
  std::vector<at::Tensor> alone;
  for (int64_t i = 0; i < 5; ++i) alone.push_back(outputs_of(network, batch.slice(i, 1))[0]);
  EXPECT_LE(difference(outputs_of(network, batch), {at::cat(alone, 0)}), kRounding);
}

// A convolution, then a Reshape to `target`, then a product with a [size, 3] matrix.
ModelWriter frozen_at_reshape(std::vector<int64_t> input, std::vector<int64_t> target, int64_t size) {
  ModelWriter model;
  model.input("x", input).output("y").initializer(ramp("W", {2, 1, 3, 3})).initializer(ramp("V", {size, 3}));
  model.initializer(int64_tensor("target", {static_cast<int64_t>(target.size())}, target));
  model.node("Conv", {"x", "W"}, {"c"}).node("Reshape", {"c", "target"}, {"r"}, "flatten");
  return model.node("MatMul", {"r", "V"}, {"y"});
}

TEST(BatchAxis, FixedOnlyInTheDeclarationIsGeneralized) {
  ModelWriter model;
  model.input("x", {1, 4}).output("y").initializer(ramp("W", {4, 3})).node("MatMul", {"x", "W"}, {"y"});
  const ImportedModel read = import(model);
  EXPECT_EQ(read.batch_axis, BatchAxis::generalized);
  EXPECT_EQ(read.network.inputs()[0].shape[0], -1);
  EXPECT_EQ(read.batch, 0);
  EXPECT_TRUE(read.batch_verified);
  expect_examples_apart(read.network);
}

TEST(BatchAxis, FrozenInAReshapeIsGeneralized) {
  for (const auto& target : {std::vector<int64_t>{1, 32}, {1, -1}, {1, 2, 16}, {1, -1, 8}}) {
    const ImportedModel read =
        import(frozen_at_reshape({1, 1, 6, 6}, target, target.back() == -1 ? 32 : target.back()));
    EXPECT_EQ(read.batch_axis, BatchAxis::generalized);
    EXPECT_THAT(read.notes, testing::ElementsAre(testing::HasSubstr("1 node(s) froze the batch to 1")));
    expect_examples_apart(read.network);
  }
}

TEST(BatchAxis, SymbolicInTheDeclarationButFrozenInsideIsGeneralized) {
  const ImportedModel read = import(frozen_at_reshape({-1, 1, 6, 6}, {1, 32}, 32));
  EXPECT_EQ(read.batch_axis, BatchAxis::generalized);
  expect_examples_apart(read.network);
}

TEST(BatchAxis, FrozenToSeveralExamplesIsGeneralized) {
  const ImportedModel read = import(frozen_at_reshape({4, 1, 6, 6}, {4, 32}, 32));
  EXPECT_EQ(read.batch_axis, BatchAxis::generalized);
  EXPECT_EQ(read.network.inputs()[0].shape[0], -1);
  expect_examples_apart(read.network);
}

TEST(BatchAxis, AConstantJoinedToOneExampleIsRepeatedForEach) {
  ModelWriter model;
  model.input("x", {1, 5, 4})
      .output("y")
      .initializer(ramp("class_token", {1, 1, 4}))
      .initializer(ramp("W", {4, 3}));
  model.node("Concat", {"class_token", "x"}, {"tokens"}, "join").attribute("axis", int64_t{1});
  model.node("MatMul", {"tokens", "W"}, {"y"});
  const ImportedModel read = import(model);
  EXPECT_EQ(read.batch_axis, BatchAxis::generalized);
  expect_examples_apart(read.network);
  EXPECT_EQ(outputs_of(read.network, random_batch(read.network, 5))[0].sizes(),
            (std::vector<int64_t>{5, 6, 3}));
}

TEST(BatchAxis, AnExampleThatMeetsTheOthersKeepsItFixed) {
  // A softmax over the batch axis: two examples together are not what each is alone.
  ModelWriter model;
  model.input("x", {1, 4}).output("y").initializer(ramp("W", {4, 3})).node("Softmax", {"x"}, {"s"});
  model.attribute("axis", int64_t{0}).node("MatMul", {"s", "W"}, {"y"});
  const ImportedModel read = import(model);
  EXPECT_EQ(read.batch_axis, BatchAxis::fixed);
  EXPECT_EQ(read.batch, 1);
  EXPECT_FALSE(read.batch_verified);
  EXPECT_EQ(read.network.inputs()[0].shape[0], 1);
  EXPECT_THAT(read.notes, testing::ElementsAre(testing::HasSubstr("frozen to 1 example(s)")));
}

TEST(BatchAxis, ThatTheFileCallsSoIsFreeThoughExamplesMeet) {
  for (const char* name : {"batch_size", "width"}) {
    ModelWriter model;
    model.input("x", {-1, 4}).output("y").initializer(ramp("W", {4, 3})).node("Softmax", {"x"}, {"s"});
    model.attribute("axis", int64_t{0}).node("MatMul", {"s", "W"}, {"y"});
    auto& shape = *model.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
    shape.mutable_dim(0)->set_dim_param(name);
    const ImportedModel read = import(model);
    const bool is_called_so = name == std::string_view("batch_size");
    EXPECT_EQ(read.batch_axis, is_called_so ? BatchAxis::free : BatchAxis::fixed) << name;
    EXPECT_EQ(read.network.inputs()[0].shape[0], is_called_so ? -1 : 1) << name;
  }
}

TEST(BatchAxis, BatchStatisticsMayCoupleExamples) {
  ModelWriter model(15);
  model.input("x", {1, 4}).output("y").initializer(ramp("W", {4, 3}));
  for (const char* name : {"g", "b", "m", "v"}) model.initializer(float_tensor(name, {3}, {1, 1, 1}));
  model.node("MatMul", {"x", "W"}, {"z"})
      .node("BatchNormalization", {"z", "g", "b", "m", "v"}, {"y", "m1", "v1"});
  model.attribute("training_mode", int64_t{1});
  const ImportedModel read = import(model);
  EXPECT_EQ(read.batch_axis, BatchAxis::generalized);
  EXPECT_EQ(read.network.nodes()[1].outputs.size(), 1);
}

TEST(BatchAxis, InputsWithoutOneGetOne) {
  for (const int64_t opset : {9, 13}) {
    ModelWriter model(opset);
    model.input("x", {4}).output("y").initializer(ramp("W", {4, 3})).node("MatMul", {"x", "W"}, {"y"});
    const ImportedModel read = import(model);
    EXPECT_EQ(read.batch_axis, BatchAxis::fixed);
    EXPECT_EQ(read.batch, 1);
    EXPECT_EQ(read.network.inputs()[0].shape, (std::vector<int64_t>{1, 4}));
    EXPECT_EQ(outputs_of(read.network, random_batch(read.network, 1))[0].sizes(),
              (std::vector<int64_t>{1, 3}));
  }
}

TEST(BatchAxis, OtherFreeAxesAreTriedOut) {
  ModelWriter model;
  model.input("x", {-1, -1, 4}).output("y").initializer(ramp("W", {4, 3})).node("MatMul", {"x", "W"}, {"y"});
  const ImportedModel read = import(model);
  EXPECT_EQ(read.batch_axis, BatchAxis::free);
  EXPECT_TRUE(read.batch_verified);
  EXPECT_EQ(read.network.inputs()[0].shape, (std::vector<int64_t>{-1, -1, 4}));
}

TEST(BatchAxis, FreeAxesThatFitNoGuessAreNotVerified) {
  ModelWriter model;
  model.input("x", {-1, -1}).output("y").initializer(ramp("W", {5, 3})).node("MatMul", {"x", "W"}, {"y"});
  const ImportedModel read = import(model);
  EXPECT_EQ(read.batch_axis, BatchAxis::free);
  EXPECT_FALSE(read.batch_verified);
  EXPECT_THAT(read.notes, testing::ElementsAre(testing::HasSubstr("kept the model from being tried out")));
}

TEST(BatchAxis, AStateThatStartsAtZeroForEveryFrozenExampleIsFreed) {
  ModelWriter model(14);
  model.input("x", {4, 5, 6}).output("y");
  model.initializer(ramp("W", {1, 8, 6})).initializer(ramp("R", {1, 8, 8})).initializer(ramp("V", {8, 3}));
  model.initializer(float_tensor("zeros", {1, 4, 8}, std::vector<float>(32, 0)));
  model.node("Transpose", {"x"}, {"steps"}).attribute("perm", std::vector<int64_t>{1, 0, 2});
  model.node("RNN", {"steps", "W", "R", "", "", "zeros"}, {"", "last"}, "rnn")
      .attribute("hidden_size", int64_t{8});
  model.node("Constant", {}, {"first"}).attribute("value", int64_tensor("", {1}, {0}));
  model.node("Squeeze", {"last", "first"}, {"state"}).node("MatMul", {"state", "V"}, {"y"});
  const ImportedModel read = import(model);
  EXPECT_EQ(read.batch_axis, BatchAxis::generalized);
  expect_examples_apart(read.network);
}

TEST(BatchAxis, AStateForAsManyDirectionsAsExamplesIsFreed) {
  ModelWriter model(14);
  model.input("x", {2, 5, 6}).output("y");
  model.initializer(ramp("W", {2, 8, 6})).initializer(ramp("R", {2, 8, 8})).initializer(ramp("V", {8, 3}));
  model.initializer(float_tensor("zeros", {2, 2, 8}, std::vector<float>(32, 0)));
  model.node("Transpose", {"x"}, {"steps"}).attribute("perm", std::vector<int64_t>{1, 0, 2});
  model.node("RNN", {"steps", "W", "R", "", "", "zeros"}, {"", "last"}, "rnn")
      .attribute("hidden_size", int64_t{8});
  model.attribute("direction", "bidirectional");
  model.node("ReduceMean", {"last"}, {"state"})
      .attribute("axes", std::vector<int64_t>{0})
      .attribute("keepdims", int64_t{0});
  model.node("MatMul", {"state", "V"}, {"y"});
  const ImportedModel read = import(model);
  EXPECT_EQ(read.batch_axis, BatchAxis::generalized);
  expect_examples_apart(read.network);
}

TEST(BatchAxis, HeadsSplitAndJoinedBesideAFrozenBatchAreFreed) {
  // [1, 7, 16] as steps first, heads beside the batch in one axis, and back.
  ModelWriter model;
  model.input("x", {1, 7, 16}).output("y").initializer(ramp("W", {16, 3}));
  model.initializer(int64_tensor("split", {3}, {7, 4, 4})).initializer(int64_tensor("joined", {2}, {7, 16}));
  model.initializer(int64_tensor("back", {3}, {7, 1, 3}));
  model.node("Transpose", {"x"}, {"steps"}).attribute("perm", std::vector<int64_t>{1, 0, 2});
  model.node("Reshape", {"steps", "split"}, {"heads"})
      .node("Softmax", {"heads"}, {"s"})
      .attribute("axis", int64_t{2});
  model.node("Reshape", {"s", "joined"}, {"rows"}).node("MatMul", {"rows", "W"}, {"z"});
  model.node("Reshape", {"z", "back"}, {"r"})
      .node("Transpose", {"r"}, {"y"})
      .attribute("perm", std::vector<int64_t>{1, 0, 2});
  const ImportedModel read = import(model);
  EXPECT_EQ(read.batch_axis, BatchAxis::generalized);
  expect_examples_apart(read.network);
}

TEST(BatchAxis, StepsFirstComesBatchFirst) {
  for (const int64_t batch : {-1, 1, 4}) {
    ModelWriter model(14);
    model.input("x", {5, batch, 6}).output("y");
    model.initializer(ramp("W", {1, 8, 6})).initializer(ramp("R", {1, 8, 8})).initializer(ramp("V", {8, 3}));
    model.node("RNN", {"x", "W", "R"}, {"all", ""}, "rnn").attribute("hidden_size", int64_t{8});
    model.node("Constant", {}, {"one"}).attribute("value", int64_tensor("", {1}, {1}));
    model.node("Squeeze", {"all", "one"}, {"states"}).node("MatMul", {"states", "V"}, {"y"});
    const ImportedModel read = import(model);
    EXPECT_EQ(read.network.inputs()[0].shape, (std::vector<int64_t>{-1, 5, 6})) << batch;
    EXPECT_THAT(read.notes, testing::Contains(testing::HasSubstr("the batch in axis 1"))) << batch;
    expect_examples_apart(read.network);
    EXPECT_EQ(outputs_of(read.network, random_batch(read.network, 3))[0].sizes(),
              (std::vector<int64_t>{3, 5, 3}));
  }
}

// The mean over axis 0 is over steps, if there are steps there.
TEST(BatchAxis, OfAsManyStepsAsExamplesIsInDoubt) {
  const auto pooled = [](std::vector<int64_t> sizes) {
    ModelWriter model;
    model.input("x", std::move(sizes))
        .output("y")
        .initializer(ramp("W", {6, 3}))
        .node("ReduceMean", {"x"}, {"m"});
    model.attribute("axes", std::vector<int64_t>{0}).attribute("keepdims", int64_t{0});
    return import(model.node("MatMul", {"m", "W"}, {"y"}));
  };
  const ImportedModel alike = pooled({4, 4, 6}), apart = pooled({5, 4, 6});
  EXPECT_EQ(alike.alike_axes, 4);
  EXPECT_EQ(apart.alike_axes, 0);
  EXPECT_EQ(apart.network.inputs()[0].shape, (std::vector<int64_t>{-1, 5, 6}));
  expect_examples_apart(alike.network);
}

TEST(BatchAxis, AFrozenBatchRunsAsOftenAsNeeded) {
  // Each example is told what the mean of the four is: they cannot be taken apart.
  ModelWriter model;
  model.input("x", {4, 3}).output("y").initializer(ramp("W", {3, 3})).node("Softmax", {"x"}, {"s"});
  model.attribute("axis", int64_t{0}).node("MatMul", {"s", "W"}, {"y"});
  const ImportedModel read = import(model);
  EXPECT_EQ(read.batch_axis, BatchAxis::fixed);
  EXPECT_EQ(read.batch, 4);
  const Batch twelve = random_batch(read.network, 12);
  std::vector<at::Tensor> parts;
  for (const int64_t first : {0, 4, 8}) parts.push_back(outputs_of(read.network, twelve.slice(first, 4))[0]);
  EXPECT_LE(difference(outputs_of(read.network, twelve), {at::cat(parts, 0)}), kRounding);
  EXPECT_THROW(outputs_of(read.network, random_batch(read.network, 6)), std::invalid_argument);
}

TEST(BatchAxis, AnOutputThatLacksItGetsIt) {
  ModelWriter model;
  model.input("x", {1, 2, 3}).output("y").initializer(ramp("W", {3, 4}));
  model.node("MatMul", {"x", "W"}, {"z"}).node("ReduceMean", {"z"}, {"y"});
  model.attribute("axes", std::vector<int64_t>{0, 1}).attribute("keepdims", int64_t{0});
  const ImportedModel read = import(model);
  EXPECT_EQ(read.batch_axis, BatchAxis::fixed);
  EXPECT_EQ(read.network.inputs()[0].shape, (std::vector<int64_t>{1, 2, 3}));
  EXPECT_EQ(outputs_of(read.network, random_batch(read.network, 3))[0].sizes(), (std::vector<int64_t>{3, 4}));
}

TEST(FreeAxes, GetASizeForNoiseThatANoteTells) {
  ModelWriter model;
  model.input("x", {-1, -1, 4}).output("y").initializer(ramp("W", {4, 3})).node("MatMul", {"x", "W"}, {"y"});
  const ImportedModel read = import(model);
  EXPECT_EQ(read.network.inputs()[0].drawn_shape, (std::vector<int64_t>{-1, 64, 4}));
  EXPECT_THAT(read.notes, testing::Contains(testing::HasSubstr("axis 'axis_1' is free: noise has 64 there")));
}

TEST(FreeAxes, AreFixedByName) {
  const TemporaryFolder folder;
  ModelWriter model;
  model.input("x", {-1, -1, 4}).output("y").initializer(ramp("W", {4, 3})).node("MatMul", {"x", "W"}, {"y"});
  const auto path = model.write(folder.path() / "model.onnx");
  for (const char* name : {"axis_1", "x:1"}) {
    const ImportedModel read = import_onnx(path, {.shapes = {{name, 12}}});
    EXPECT_EQ(read.network.inputs()[0].shape, (std::vector<int64_t>{-1, 12, 4}));
  }
  EXPECT_THROW(import_onnx(path, {.shapes = {{"nothing", 12}}}), std::invalid_argument);
  EXPECT_THROW(import_onnx(path, {.shapes = {{"axis_1", 0}}}), std::invalid_argument);
}

TEST(Vocabulary, IsTheTableThatTokensIndex) {
  ModelWriter model;
  model.input("tokens", {-1, 5}, onnx::TensorProto::INT64)
      .input("mask", {-1, 5}, onnx::TensorProto::INT64)
      .output("y");
  model.initializer(ramp("table", {11, 4})).initializer(ramp("W", {4, 3}));
  model.node("Cast", {"tokens"}, {"ids"}).attribute("to", int64_t{6}).node("Gather", {"table", "ids"}, {"e"});
  model.node("Cast", {"mask"}, {"m"}).attribute("to", int64_t{1}).node("Unsqueeze", {"m", "last"}, {"seen"});
  model.initializer(int64_tensor("last", {1}, {2}))
      .node("Mul", {"e", "seen"}, {"s"})
      .node("MatMul", {"s", "W"}, {"y"});
  const ImportedModel read = import(model);
  EXPECT_EQ(read.network.inputs()[0].vocabulary, 11);
  EXPECT_EQ(read.network.inputs()[1].vocabulary, 2);
}

}  // namespace
}  // namespace shatterproof::batch_axis_test
