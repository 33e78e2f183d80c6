// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/onnx/import.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/onnx/model_writing.h"
#include "tests/onnx/network_outputs.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::import_test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using Type = onnx::TensorProto;

ImportedModel import(const ModelWriter& model) {
  const TemporaryFolder folder;
  return import_onnx(model.write(folder.path() / "model.onnx"));
}

const at::Tensor& value_of(const ImportedModel& model, const std::string& name) {
  const Parameter* parameter = model.network.find_parameter(name);
  if (!parameter) throw std::out_of_range("no parameter " + name);
  return parameter->value;
}

bool is_trainable(const ImportedModel& model, const std::string& name) {
  const Parameter* parameter = model.network.find_parameter(name);
  return parameter && parameter->trainable;
}

std::vector<std::string> operators_of(const ImportedModel& model) {
  std::vector<std::string> ops;
  for (const Node& node : model.network.nodes()) ops.push_back(node.op);
  return ops;
}

TEST(Import, ReadsASmallModelWhole) {
  const ImportedModel model = import(small_model());
  EXPECT_THAT(operators_of(model), ElementsAre("MatMul", "Add", "Relu"));
  EXPECT_EQ(model.network.inputs()[0].shape, (std::vector<int64_t>{-1, 4}));
  EXPECT_EQ(model.network.nodes()[0].opset, 13);
  EXPECT_EQ(model.network.nodes()[0].name, "MatMul_0");
  EXPECT_EQ(model.batch_axis, BatchAxis::free);
  EXPECT_TRUE(model.batch_verified);
  EXPECT_EQ(model.stored_numbers, 15);
  EXPECT_EQ(model.network.parameter_count(), 15);
  EXPECT_EQ(model.producer, "tests");
  EXPECT_TRUE(model.notes.empty());
  const Batch batch = random_batch(model.network, 3);
  const at::Tensor expected =
      at::relu(at::matmul(batch.inputs[0], value_of(model, "W")) + value_of(model, "b"));
  EXPECT_TRUE(at::allclose(outputs_of(model.network, batch)[0], expected));
}

TEST(Import, GivesTheSameNumbersForEveryWayToStoreThem) {
  const std::vector<float> numbers = {-1.5, 0, 2, 0.25};
  const at::Tensor expected = at::tensor(at::ArrayRef<float>(numbers));
  std::vector<onnx::TensorProto> forms = {float_tensor("b", {4}, numbers)};
  const auto raw = [&](int32_t type, const at::Tensor& tensor) {
    onnx::TensorProto proto;
    proto.set_data_type(type);
    proto.add_dims(4);
    proto.set_raw_data(tensor.data_ptr(), tensor.nbytes());
    forms.push_back(proto);
  };
  raw(Type::FLOAT, expected);
  raw(Type::FLOAT16, expected.to(at::kHalf));
  raw(Type::BFLOAT16, expected.to(at::kBFloat16));
  raw(Type::DOUBLE, expected.to(at::kDouble));
  onnx::TensorProto doubles, halves;
  doubles.set_data_type(Type::DOUBLE);
  halves.set_data_type(Type::FLOAT16);
  doubles.add_dims(4);
  halves.add_dims(4);
  for (const float number : numbers) {
    doubles.add_double_data(number);
    halves.add_int32_data(c10::Half(number).x);
  }
  forms.push_back(doubles);
  forms.push_back(halves);
  for (onnx::TensorProto& form : forms) {
    form.set_name("b");
    ModelWriter model;
    model.input("x", {-1, 4}).output("y").initializer(form).node("Relu", {"x"}, {"r"});
    const ImportedModel read = import(model.node("Add", {"r", "b"}, {"y"}));
    EXPECT_EQ(value_of(read, "b").scalar_type(), at::kFloat) << form.data_type();
    EXPECT_TRUE(at::equal(value_of(read, "b"), expected)) << form.data_type();
    EXPECT_TRUE(is_trainable(read, "b"));
  }
}

TEST(Import, WidensIntegersThatLibTorchLacks) {
  struct Case {
    int32_t type;
    std::string bytes;
    int64_t expected;
  };
  const std::string ones(8, '\xff');
  for (const Case& c :
       {Case{Type::UINT8, ones.substr(0, 1), 255}, Case{Type::INT8, ones.substr(0, 1), -1},
        Case{Type::UINT16, ones.substr(0, 2), 65535}, Case{Type::INT16, ones.substr(0, 2), -1},
        Case{Type::UINT32, ones.substr(0, 4), 4294967295}, Case{Type::INT32, ones.substr(0, 4), -1},
        Case{Type::INT64, ones, -1}, Case{Type::BOOL, ones.substr(0, 1), 1}}) {
    onnx::TensorProto tensor;
    tensor.set_name("c");
    tensor.set_data_type(c.type);
    tensor.add_dims(1);
    tensor.set_raw_data(c.bytes);
    ModelWriter model;
    model.input("x", {-1, 4})
        .output("y")
        .initializer(tensor)
        .node("Cast", {"c"}, {"f"})
        .attribute("to", int64_t{1});
    const ImportedModel read = import(model.node("Add", {"x", "f"}, {"y"}));
    EXPECT_EQ(value_of(read, "f").item<float>(), static_cast<float>(c.expected)) << c.type;
  }
}

TEST(Import, TakesParametersFromConstantsAndChainsOfThem) {
  ModelWriter model;
  model.input("x", {-1, 4}).output("y");
  model.node("Constant", {}, {"shape"}).attribute("value", int64_tensor("", {2}, {4, 3}));
  model.node("ConstantOfShape", {"shape"}, {"W"}).attribute("value", float_tensor("", {1}, {0.5}));
  model.node("Constant", {}, {"b0"}).attribute("value", ramp("", {3, 1}));
  model.node("Transpose", {"b0"}, {"b"});
  model.node("MatMul", {"x", "W"}, {"xW"}).node("Add", {"xW", "b"}, {"y"});
  const ImportedModel read = import(model);
  EXPECT_THAT(operators_of(read), ElementsAre("MatMul", "Add"));
  EXPECT_TRUE(at::equal(value_of(read, "W"), at::full({4, 3}, 0.5)));
  EXPECT_EQ(value_of(read, "b").sizes(), (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(read.network.parameter_count(), 15);
  EXPECT_EQ(read.network.parameters().size(), 2);
  EXPECT_EQ(read.stored_numbers, 0);
  EXPECT_THAT(read.notes, ElementsAre(HasSubstr("2 node(s) over constants")));
}

TEST(Import, AliasesTrainApartButOneInitializerReadTwiceStaysOne) {
  ModelWriter model;
  model.input("x", {-1, 4}).output("y").initializer(ramp("W", {4, 4}));
  model.node("Identity", {"W"}, {"V"});
  model.node("MatMul", {"x", "W"}, {"a"}).node("MatMul", {"a", "W"}, {"b"}).node("MatMul", {"b", "V"}, {"y"});
  const ImportedModel read = import(model);
  EXPECT_EQ(read.network.parameter_count(), 32);
  EXPECT_TRUE(at::equal(value_of(read, "W"), value_of(read, "V")));
  EXPECT_FALSE(value_of(read, "W").is_alias_of(value_of(read, "V")));
  ASSERT_EQ(read.aliases.size(), 1);
  EXPECT_EQ(read.aliases[0].name, "V");
  EXPECT_EQ(read.aliases[0].source, "W");
}

TEST(Import, TrainsWhatReachesAWeightOrBiasSlotAndNothingElse) {
  ModelWriter model(17);
  model.input("x", {-1, 2, 6, 6}).output("y");
  for (const char* name : {"gain", "shift", "mean", "variance", "slope", "c.bias"})
    model.initializer(ramp(name, {3}));
  model.initializer(float_tensor("pixel_mean", {2, 1, 1}, {0.4F, 0.5F}))
      .initializer(ramp("c.weight", {3, 2, 3, 3}));
  model.initializer(float_tensor("pixel_scale", {2, 1, 1}, {2, 3}));
  model.initializer(float_tensor("mask", {1, 3, 1, 1}, {0, -1e9F, 0}))
      .initializer(ramp("position", {3, 4, 4}));
  model.initializer(float_tensor("half", {}, {0.5F}));
  model.node("Add", {"x", "pixel_mean"}, {"x1"}).node("Mul", {"x1", "pixel_scale"}, {"x2"});
  model.node("Conv", {"x2", "c.weight", "c.bias"}, {"c"});
  model.node("BatchNormalization", {"c", "gain", "shift", "mean", "variance"}, {"n"});
  model.node("Unsqueeze", {"slope", "axes"}, {"slopes"}).initializer(int64_tensor("axes", {2}, {1, 2}));
  model.node("PRelu", {"n", "slopes"}, {"p"}).node("Mul", {"p", "half"}, {"h"});
  model.node("Add", {"h", "position"}, {"q"}).node("Add", {"q", "mask"}, {"y"});
  const ImportedModel read = import(model);
  for (const char* name : {"c.weight", "c.bias", "gain", "shift", "slopes", "position"})
    EXPECT_TRUE(is_trainable(read, name)) << name;
  for (const char* name : {"mean", "variance", "pixel_mean", "pixel_scale", "mask", "half"})
    EXPECT_FALSE(is_trainable(read, name)) << name;
}

TEST(Import, EmbeddingTablesTrainAndTokenInputsStayWholeNumbers) {
  ModelWriter model;
  model.input("tokens", {-1, 5}, Type::INT64).output("y").initializer(ramp("table", {7, 4}));
  model.node("Gather", {"table", "tokens"}, {"y"});
  const ImportedModel read = import(model);
  EXPECT_EQ(read.network.inputs()[0].dtype, at::kLong);
  EXPECT_TRUE(is_trainable(read, "table"));
}

TEST(Import, InitializersListedAsInputsAreParameters) {
  ModelWriter model = small_model(8);
  model.proto.set_ir_version(3);
  model.input("W", {4, 3}).input("b", {3});
  const ImportedModel read = import(model);
  EXPECT_EQ(read.network.inputs().size(), 1);
  EXPECT_EQ(read.network.parameter_count(), 15);
}

TEST(Import, SortsNodesAndNamesThemApart) {
  ModelWriter model;
  model.input("x", {-1, 4}).output("y").initializer(ramp("W", {4, 3}));
  model.node("Relu", {"z"}, {"y"}, "same")
      .node("Tanh", {"xW"}, {"z"}, "same")
      .node("MatMul", {"x", "W"}, {"xW"});
  const ImportedModel read = import(model);
  EXPECT_THAT(operators_of(read), ElementsAre("MatMul", "Tanh", "Relu"));
  std::vector<std::string> names;
  for (const Node& node : read.network.nodes()) names.push_back(node.name);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
}

TEST(Import, DropsWhatReachesNoOutputAndSaysSo) {
  ModelWriter model = small_model();
  model.node("NoSuchOperator", {"z"}, {"unused"}).node("Shape", {"x"}, {"sizes"}).output("sizes");
  model.input("idle", {-1, 2}).initializer(ramp("idle_weight", {9}));
  const ImportedModel read = import(model);
  EXPECT_THAT(operators_of(read), ElementsAre("MatMul", "Add", "Relu"));
  EXPECT_THAT(read.network.outputs(), ElementsAre("y"));
  EXPECT_EQ(read.network.inputs().size(), 1);
  EXPECT_FALSE(read.network.has_value("idle_weight"));
  EXPECT_THAT(read.notes, Contains(HasSubstr("1 node(s) left out")));
  EXPECT_THAT(read.notes, Contains(HasSubstr("output 'sizes' left out")));
  EXPECT_THAT(read.notes, Contains(HasSubstr("input 'idle' left out")));
}

TEST(Import, CastsToOtherFloatsBecomeCastsToFloat) {
  ModelWriter model = small_model();
  model.graph().mutable_output(0)->set_name("c");
  model.node("Cast", {"y"}, {"c"}).attribute("to", int64_t{Type::FLOAT16});
  EXPECT_EQ(outputs_of(import(model).network, random_batch(import(model).network, 2))[0].scalar_type(),
            at::kFloat);
}

TEST(Import, RespectsItsMemoryLimit) {
  const TemporaryFolder folder;
  const auto path = small_model().write(folder.path() / "model.onnx");
  EXPECT_NO_THROW(import_onnx(path, {.memory_limit = 4096}));
  EXPECT_THROW(import_onnx(path, {.memory_limit = 40}), std::invalid_argument);
}

TEST(Import, FreesTheBatchThatAnExporterFrozeInARecurrentNetwork) {
  ModelWriter model(17);
  model.input("x", {1, 5, 3}).output("y");
  model.node("Transpose", {"x"}, {"steps"}).attribute("perm", std::vector<int64_t>{1, 0, 2});
  for (const auto& [name, shape] : std::vector<std::pair<const char*, std::vector<int64_t>>>{{"W", {1, 8, 3}},
                                                                                             {"R", {1, 8, 2}},
                                                                                             {"B", {1, 16}},
                                                                                             {"h", {1, 1, 2}},
                                                                                             {"c", {1, 1, 2}},
                                                                                             {"V", {2, 4}}})
    model.initializer(ramp(name, shape));
  model.node("LSTM", {"steps", "W", "R", "B", "", "h", "c"}, {"", "last", ""}, "lstm");
  model.attribute("hidden_size", int64_t{2});
  model.node("Constant", {}, {"zero"}).attribute("value", int64_tensor("", {1}, {0}));
  model.node("Squeeze", {"last", "zero"}, {"state"}).node("MatMul", {"state", "V"}, {"y"});
  const ImportedModel read = import(model);
  EXPECT_TRUE(read.batch_verified);
  EXPECT_EQ(read.batch_axis, BatchAxis::generalized);
  for (const char* name : {"W", "R", "B", "V"}) EXPECT_TRUE(is_trainable(read, name)) << name;
  for (const char* name : {"h", "c"}) EXPECT_FALSE(is_trainable(read, name)) << name;
}

}  // namespace
}  // namespace shatterproof::import_test
