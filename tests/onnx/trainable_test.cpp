// SPDX-License-Identifier: Apache-2.0
// Which parameters train, and which are one: in every form that exporters give them.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "shatterproof/onnx/import.h"
#include "tests/onnx/model_writing.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::trainable_test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using Type = onnx::TensorProto;
using Shape = std::vector<int64_t>;

ImportedModel import(const ModelWriter& model) {
  const TemporaryFolder folder;
  return import_onnx(model.write(folder.path() / "model.onnx"));
}

bool trains(const ImportedModel& model, const std::string& name) {
  const Parameter* parameter = model.network.find_parameter(name);
  return parameter && parameter->trainable;
}

// Numbers of no pattern, between -1 and 1.
onnx::TensorProto scattered(const std::string& name, const Shape& shape) {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i)
    values.push_back(static_cast<float>(std::sin(12.9898 * static_cast<double>(i * i + 3 * i + 1))));
  return float_tensor(name, shape, values);
}

onnx::TensorProto oscillation(const std::string& name, int64_t positions, int64_t columns, double phase) {
  std::vector<float> values;
  for (int64_t t = 0; t < positions; ++t) {
    for (int64_t i = 0; i < columns; ++i)
      values.push_back(static_cast<float>(std::cos(
          static_cast<double>(t) * std::pow(10000.0, -static_cast<double>(i) / static_cast<double>(columns)) -
          phase)));
  }
  return float_tensor(name, {positions, columns}, values);
}

// A map of x [batch, 4] to y whose weight [3, 4] is computed from these.
ModelWriter one_map_of(const std::vector<std::pair<std::string, Shape>>& parameters) {
  ModelWriter model(13);
  model.input("x", {-1, 4}).output("y");
  for (const auto& [name, shape] : parameters) model.initializer(scattered(name, shape));
  return model;
}

ModelWriter& multiplied_by(ModelWriter& model, const std::string& weight) {
  return model.node("Gemm", {"x", weight}, {"y"}).attribute("transB", int64_t{1});
}

// Tokens [batch, 6] in a table of 7 rows, to which `positions` is added.
ModelWriter tokens_with_positions(int64_t opset = 17) {
  ModelWriter model(opset);
  model.input("tokens", {-1, 6}, Type::INT64).output("y").initializer(scattered("table", {7, 4}));
  model.initializer(scattered("W", {4, 3}));
  return model.node("Gather", {"table", "tokens"}, {"e"});
}

void finish(ModelWriter& model) {
  model.node("Add", {"e", "p"}, {"s"}).node("MatMul", {"s", "W"}, {"y"});
}

TEST(Trainable, PositionsAddedAsTheyAre) {
  ModelWriter model = tokens_with_positions();
  model.initializer(scattered("p", {6, 4}));
  finish(model);
  EXPECT_TRUE(trains(import(model), "p"));
}

TEST(Trainable, PositionsGatheredByConstantIndicesStayWholeTables) {
  ModelWriter model = tokens_with_positions();
  model.initializer(scattered("positions.weight", {10, 4}))
      .initializer(int64_tensor("places", {6}, {0, 1, 2, 3, 4, 5}));
  model.node("Gather", {"positions.weight", "places"}, {"p"});
  finish(model);
  const ImportedModel read = import(model);
  EXPECT_TRUE(trains(read, "positions.weight"));
  EXPECT_EQ(read.network.parameter_count(), 7 * 4 + 10 * 4 + 4 * 3);
}

TEST(Trainable, PositionsGatheredByARangeOfTheLength) {
  ModelWriter model = tokens_with_positions();
  model.initializer(scattered("positions.weight", {10, 4}));
  for (const auto& [name, value] : std::vector<std::pair<const char*, int64_t>>{{"zero", 0}, {"one", 1}})
    model.initializer(int64_tensor(name, {}, {value}));
  model.node("Shape", {"tokens"}, {"sizes"}).node("Gather", {"sizes", "one"}, {"length"});
  model.node("Range", {"zero", "length", "one"}, {"places"})
      .node("Gather", {"positions.weight", "places"}, {"p"});
  finish(model);
  EXPECT_TRUE(trains(import(model), "positions.weight"));
}

TEST(Trainable, PositionsSlicedToTheLength) {
  ModelWriter model = tokens_with_positions();
  model.initializer(scattered("positions", {1, 10, 4}));
  model.initializer(int64_tensor("start", {1}, {0})).initializer(int64_tensor("axis", {1}, {1}));
  model.node("Shape", {"tokens"}, {"sizes"});
  model.node("Slice", {"sizes", "axis", "two"}, {"length"}).initializer(int64_tensor("two", {1}, {2}));
  model.node("Slice", {"positions", "start", "length", "axis"}, {"p"});
  finish(model);
  EXPECT_TRUE(trains(import(model), "positions"));
}

TEST(Trainable, AClassTokenThatIsExpandedAndJoined) {
  for (const bool zeros : {false, true}) {
    ModelWriter model(17);
    model.input("x", {-1, 5, 4})
        .output("y")
        .initializer(scattered("V", {4, 4}))
        .initializer(scattered("W", {4, 3}));
    model.initializer(zeros ? float_tensor("class_token", {1, 1, 4}, {0, 0, 0, 0})
                            : scattered("class_token", {1, 1, 4}));
    model.initializer(int64_tensor("rest", {2}, {1, 4})).initializer(int64_tensor("first", {1}, {0}));
    model.node("MatMul", {"x", "V"}, {"e"})
        .node("Shape", {"x"}, {"sizes"})
        .node("Gather", {"sizes", "first"}, {"batch"});
    model.node("Concat", {"batch", "rest"}, {"target"}).attribute("axis", int64_t{0});
    model.node("Expand", {"class_token", "target"}, {"c"});
    model.node("Concat", {"c", "e"}, {"j"}).attribute("axis", int64_t{1}).node("MatMul", {"j", "W"}, {"y"});
    const ImportedModel read = import(model);
    EXPECT_TRUE(trains(read, "class_token")) << zeros;
    EXPECT_EQ(read.network.parameter_count(), 16 + 12 + 4);
  }
}

TEST(Trainable, AMatrixOfNeighboursIsNot) {
  for (const bool of_a_graph : {true, false}) {
    ModelWriter model(17);
    model.input("x", {-1, 3, 4}).output("y").initializer(scattered("W", {4, 2}));
    model.initializer(of_a_graph ? float_tensor("A", {3, 3}, {.5, .4, 0, .4, .3, .4, 0, .4, .5})
                                 : scattered("A", {3, 3}));
    model.node("MatMul", {"x", "W"}, {"h"}).node("MatMul", {"A", "h"}, {"y"});
    const ImportedModel read = import(model);
    EXPECT_EQ(trains(read, "A"), !of_a_graph);
    EXPECT_TRUE(trains(read, "W"));
  }
}

TEST(Trainable, ZerosThatPadChannelsAreNot) {
  ModelWriter model(17);
  model.input("x", {-1, 3, 4}).output("y").initializer(scattered("V", {4, 4}));
  model.node("Constant", {}, {"pad"})
      .attribute("value", float_tensor("", {1, 2, 4}, std::vector<float>(8, 0)));
  model.node("MatMul", {"x", "V"}, {"e"}).node("Concat", {"e", "pad"}, {"y"}).attribute("axis", int64_t{1});
  EXPECT_EQ(import(model).network.parameter_count(), 16);
}

TEST(Trainable, SinesAndCosinesOfPositionsAreNot) {
  ModelWriter model = tokens_with_positions();
  model.initializer(oscillation("p", 6, 4, 0.5));
  model.node("Add", {"e", "p"}, {"s"}).node("Mul", {"s", "cosines"}, {"r"}).node("MatMul", {"r", "W"}, {"y"});
  model.initializer(oscillation("cosines", 6, 4, 0));
  const ImportedModel read = import(model);
  EXPECT_FALSE(trains(read, "p"));
  EXPECT_FALSE(trains(read, "cosines"));
  EXPECT_TRUE(trains(read, "table"));
}

TEST(Trainable, PositionsThatStartAtZeroAre) {
  ModelWriter model = tokens_with_positions();
  model.initializer(float_tensor("p", {6, 4}, std::vector<float>(24, 0)));
  finish(model);
  EXPECT_TRUE(trains(import(model), "p"));
}

TEST(Trainable, TheScaleOfABranchIsByItsName) {
  ModelWriter model(17);
  model.input("x", {-1, 4}).output("y").initializer(scattered("W", {4, 4}));
  model.initializer(float_tensor("block.alpha", {1}, {0})).initializer(float_tensor("val_3", {}, {0.5F}));
  model.node("MatMul", {"x", "W"}, {"z"})
      .node("Mul", {"z", "block.alpha"}, {"b"})
      .node("Mul", {"b", "val_3"}, {"y"});
  const ImportedModel read = import(model);
  EXPECT_TRUE(trains(read, "block.alpha"));
  EXPECT_FALSE(trains(read, "val_3"));
}

// What an exporter made of a gain that begins at 0 and a fixed factor.
TEST(Trainable, AFactorOfZeroIs) {
  for (const float factor : {0.F, .2F}) {
    ModelWriter model(17);
    model.input("x", {-1, 4}).output("y").initializer(scattered("W", {4, 4}));
    model.initializer(float_tensor("mul_5", {}, {factor}));
    model.node("MatMul", {"x", "W"}, {"z"}).node("Mul", {"mul_5", "z"}, {"y"});
    EXPECT_EQ(trains(import(model), "mul_5"), factor == 0) << factor;
  }
}

TEST(Trainable, WhatAWeightIsComputedFrom) {
  // Weight normalization: g v / |v|.
  ModelWriter model = one_map_of({{"v", {3, 4}}, {"g", {3, 1}}});
  model.node("ReduceL2", {"v"}, {"norm"}).attribute("axes", Shape{1}).node("Div", {"v", "norm"}, {"unit"});
  model.node("Mul", {"unit", "g"}, {"w"});
  const ImportedModel read = import(multiplied_by(model, "w"));
  EXPECT_TRUE(trains(read, "v"));
  EXPECT_TRUE(trains(read, "g"));
}

TEST(Trainable, NotTheVectorsOfSpectralNormalization) {
  ModelWriter model = one_map_of({{"w", {3, 4}}, {"u", {1, 3}}, {"v", {4, 1}}});
  model.node("MatMul", {"w", "v"}, {"wv"})
      .node("MatMul", {"u", "wv"}, {"sigma"})
      .node("Div", {"w", "sigma"}, {"s"});
  const ImportedModel read = import(multiplied_by(model, "s"));
  EXPECT_TRUE(trains(read, "w"));
  EXPECT_FALSE(trains(read, "u"));
  EXPECT_FALSE(trains(read, "v"));
}

TEST(Sharing, AReadoutThroughATransposeIsItsEmbedding) {
  ModelWriter model(17);
  model.input("tokens", {-1, 6}, Type::INT64).output("y").initializer(scattered("table", {7, 4}));
  model.node("Gather", {"table", "tokens"}, {"e"})
      .node("Transpose", {"table"}, {"t"})
      .node("MatMul", {"e", "t"}, {"y"});
  const ImportedModel read = import(model);
  EXPECT_EQ(read.network.parameter_count(), 28);
  EXPECT_EQ(read.network.parameters().size(), 1);
}

TEST(Sharing, AReadoutThatTheExporterTransposedIsItsEmbedding) {
  ModelWriter model(17);
  const onnx::TensorProto table = scattered("table", {7, 4});
  std::vector<float> turned(28);
  for (int64_t row = 0; row < 7; ++row) {
    for (int64_t column = 0; column < 4; ++column)
      turned[static_cast<size_t>(column * 7 + row)] = table.float_data(static_cast<int>(row * 4 + column));
  }
  model.input("tokens", {-1, 6}, Type::INT64)
      .output("y")
      .initializer(table)
      .initializer(float_tensor("onnx::MatMul_9", {4, 7}, turned));
  model.node("Gather", {"table", "tokens"}, {"e"}).node("MatMul", {"e", "onnx::MatMul_9"}, {"y"});
  const ImportedModel read = import(model);
  EXPECT_EQ(read.network.parameter_count(), 28);
  EXPECT_THAT(read.notes, Contains(HasSubstr("one parameter")));
}

TEST(Sharing, PartsOfOneWeightStayParametersOfTheirLayers) {
  ModelWriter model(17);
  model.input("x", {-1, 4}).output("y").initializer(scattered("w", {4, 6}));
  model.node("Split", {"w"}, {"a", "b"}).attribute("axis", int64_t{1});
  model.node("MatMul", {"x", "a"}, {"p"}).node("MatMul", {"x", "b"}, {"q"}).node("Add", {"p", "q"}, {"y"});
  const ImportedModel read = import(model);
  EXPECT_TRUE(trains(read, "a"));
  EXPECT_TRUE(trains(read, "b"));
  EXPECT_EQ(read.network.parameter_count(), 24);
}

TEST(Sharing, NormsWhoseEqualNumbersWereMergedComeApart) {
  ModelWriter model(17);
  model.input("x", {-1, 4})
      .output("y")
      .initializer(scattered("W", {4, 4}))
      .initializer(scattered("V", {4, 4}));
  model.initializer(float_tensor("bn1.weight", {4}, {1, 1, 1, 1}))
      .initializer(float_tensor("bn1.bias", {4}, {0, 0, 0, 0}));
  const std::vector<std::string> merged = {"bn1.weight", "bn1.bias", "bn1.bias", "bn1.weight"};
  const auto norm = [&](const char* x, const char* y, const char* name) {
    std::vector<std::string> inputs = {x};
    inputs.insert(inputs.end(), merged.begin(), merged.end());
    model.node("BatchNormalization", inputs, {y}, name);
  };
  model.node("MatMul", {"x", "W"}, {"a"});
  norm("a", "b", "bn1");
  model.node("Relu", {"b"}, {"c"}).node("MatMul", {"c", "V"}, {"d"});
  norm("d", "y", "bn2");
  const ImportedModel read = import(model);
  EXPECT_EQ(read.network.parameter_count(), 16 + 16 + 4 * 4);
  EXPECT_TRUE(trains(read, "bn1.weight"));
  EXPECT_TRUE(trains(read, "bn2.weight"));
  EXPECT_FALSE(trains(read, "bn1.running_var"));
  EXPECT_TRUE(read.network.find_parameter("bn2.running_mean"));
  EXPECT_THAT(read.notes, Contains(HasSubstr("6 parameter(s) that the exporter had merged")));
}

TEST(Sharing, ABlockAppliedTwiceStaysOneBlock) {
  ModelWriter model(17);
  model.input("x", {-1, 4}).output("y").initializer(scattered("W", {4, 4}));
  model.initializer(float_tensor("g", {4}, {1, 1, 1, 1})).initializer(float_tensor("b", {4}, {0, 0, 0, 0}));
  std::string value = "x";
  for (const std::string step : {"1", "2"}) {
    model.node("LayerNormalization", {value, "g", "b"}, {"n" + step}, "norm" + step);
    model.node("MatMul", {"n" + step, "W"}, {step == "2" ? "y" : "m" + step});
    value = "m" + step;
  }
  EXPECT_EQ(import(model).network.parameter_count(), 16 + 8);
}

}  // namespace
}  // namespace shatterproof::trainable_test
