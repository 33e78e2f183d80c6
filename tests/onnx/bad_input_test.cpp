// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>

#include "shatterproof/core/error.h"
#include "shatterproof/onnx/import.h"
#include "tests/onnx/model_writing.h"
#include "tests/onnx/said_of_file.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::bad_input_test {
namespace {

using Type = onnx::TensorProto;

onnx::TensorProto shaped(const std::vector<int64_t>& shape, int32_t type = Type::FLOAT) {
  onnx::TensorProto tensor;
  tensor.set_name("b");
  tensor.set_data_type(type);
  for (const int64_t size : shape) tensor.add_dims(size);
  return tensor;
}

ModelWriter with_initializer(const onnx::TensorProto& tensor) {
  ModelWriter model;
  model.input("x", {-1, 4}).output("y").initializer(tensor).node("Add", {"x", "b"}, {"y"});
  return model;
}

ModelWriter with_node(const std::string& op, const std::vector<std::string>& inputs) {
  ModelWriter model = small_model();
  model.graph().mutable_output(0)->set_name("extra");
  return model.node(op, inputs, {"extra"}, "offender");
}

struct BadModel {
  const char* name;
  const char* said;  // part of the message
  std::function<ModelWriter()> model;
};

void PrintTo(const BadModel& model, std::ostream* stream) {
  *stream << model.name;
}

ModelWriter changed(const std::function<void(ModelWriter&)>& change) {
  ModelWriter model = small_model();
  change(model);
  return model;
}

const BadModel kBadModels[] = {
    {"NoGraph", "holds no graph", [] { return changed([](ModelWriter& m) { m.proto.clear_graph(); }); }},
    {"NoIrVersion", "not an ONNX file",
     [] { return changed([](ModelWriter& m) { m.proto.clear_ir_version(); }); }},
    {"AncientIrVersion", "IR version",
     [] { return changed([](ModelWriter& m) { m.proto.set_ir_version(2); }); }},
    {"NoOperatorSet", "from 7 to 25",
     [] { return changed([](ModelWriter& m) { m.proto.clear_opset_import(); }); }},
    {"OldOperatorSet", "got 6", [] { return small_model(6); }},
    {"FutureOperatorSet", "got 26", [] { return small_model(26); }},
    {"EmptyGraph", "some output", [] { return ModelWriter(); }},
    {"NoOutput", "some output", [] { return changed([](ModelWriter& m) { m.graph().clear_output(); }); }},
    {"NoInput", "'x'", [] { return changed([](ModelWriter& m) { m.graph().clear_input(); }); }},
    {"OutputIsAnInput", "some output",
     [] { return changed([](ModelWriter& m) { m.graph().mutable_output(0)->set_name("x"); }); }},
    {"OutputFromNowhere", "'nowhere'",
     [] { return changed([](ModelWriter& m) { m.graph().mutable_output(0)->set_name("nowhere"); }); }},
    {"OutputNamedTwice", "'y' twice", [] { return changed([](ModelWriter& m) { m.output("y"); }); }},
    {"InputNamedTwice", "one producer",
     [] { return changed([](ModelWriter& m) {
            m.input("x", {-1, 4});
          }); }},
    {"ParameterNamedTwice", "one producer",
     [] { return changed([](ModelWriter& m) {
            m.initializer(ramp("W", {4, 3}));
          }); }},
    {"ValueMadeTwice", "one producer",
     [] { return changed([](ModelWriter& m) { m.node("Tanh", {"xW"}, {"z"}); }); }},
    {"NamelessParameter", "must have a name",
     [] { return changed([](ModelWriter& m) { m.initializer(ramp("", {1})); }); }},
    {"MissingValue", "'gone'", [] { return with_node("Relu", {"gone"}); }},
    {"Cycle", "cycle",
     [] {
       return changed([](ModelWriter& m) {
         m.node("Tanh", {"p"}, {"q"}).node("Add", {"q", "z"}, {"p"}).output("p");
       });
     }},
    {"SelfLoop", "cycle",
     [] { return changed([](ModelWriter& m) { m.node("Tanh", {"p"}, {"p"}).output("p"); }); }},
    {"UnknownOperator", "NoSuchOperator", [] { return with_node("NoSuchOperator", {"y"}); }},
    {"MisspeltOperator", "near: RMSNormalization",
     [] {
       return with_node("RMSNormalisation", {"y", "b"});
     }},
    {"NamelessOperator", "name an operator", [] { return with_node("", {"y"}); }},
    {"ForeignDomain", "com.microsoft",
     [] {
       ModelWriter model = with_node("QLinearAdd", {"y"});
       model.last_node().set_domain("com.microsoft");
       return model;
     }},
    {"CachedAttention", "cache of keys and values must be absent",
     [] {
       ModelWriter model = with_node("MultiHeadAttention", {"y", "y", "y", "", "", "", "y", "y"});
       model.last_node().set_domain("com.microsoft");
       return model;
     }},
    {"Quantized", "QuantizeLinear",
     [] {
       return with_node("QuantizeLinear", {"y", "W", "b"});
     }},
    {"FunctionTwice", "defined once",
     [] {
       return changed([](ModelWriter& m) {
         m.proto.add_functions()->set_name("f");
         m.proto.add_functions()->set_name("f");
       });
     }},
    {"FunctionOfItself", "call themselves",
     [] {
       ModelWriter model = with_node("f", {"y"});
       auto* function = model.proto.add_functions();
       function->set_name("f");
       function->add_input("a");
       function->add_output("b");
       auto* node = function->add_node();
       node->set_op_type("f");
       node->add_input("a");
       node->add_output("b");
       return model;
     }},
    {"FunctionOfAnotherOperatorSet", "operator set, 13",
     [] {
       return changed([](ModelWriter& m) {
         m.proto.add_functions()->set_name("f");
         m.proto.mutable_functions(0)->add_opset_import()->set_version(18);
       });
     }},
    {"FunctionOfFewerInputs", "takes 0 inputs",
     [] {
       ModelWriter model = with_node("f", {"y"});
       model.proto.add_functions()->set_name("f");
       return model;
     }},
    {"Loop", "control flow", [] { return with_node("Loop", {"y"}); }},
    {"Subgraph", "control flow",
     [] {
       ModelWriter model = with_node("If", {"y"});
       auto* branch = model.last_node().add_attribute();
       branch->set_name("then_branch");
       branch->set_type(onnx::AttributeProto::GRAPH);
       return model;
     }},
    {"ReferenceAttribute", "function's attribute",
     [] {
       ModelWriter model = with_node("Flatten", {"y"}).attribute("axis", int64_t{1});
       model.last_node().mutable_attribute(0)->set_ref_attr_name("outer");
       return model;
     }},
    {"AttributeTwice", "'axis' twice",
     [] { return with_node("Flatten", {"y"}).attribute("axis", int64_t{1}).attribute("axis", int64_t{1}); }},
    {"AttributeOfAnotherType", "offender",
     [] { return with_node("Softmax", {"y"}).attribute("axis", 1.5F); }},
    {"AbsurdAxis", "offender",
     [] { return with_node("Softmax", {"y"}).attribute("axis", int64_t{1} << 40); }},
    {"TooFewInputs", "inputs", [] { return with_node("MatMul", {"y"}); }},
    {"TooManyInputs", "inputs",
     [] {
       return with_node("Relu", {"y", "y", "y"});
     }},
    {"RequiredInputLeftOut", "none at position 0",
     [] {
       return with_node("Add", {"", "y"});
     }},
    {"ShapesThatDisagree", "offender",
     [] {
       return with_node("MatMul", {"y", "W"});
     }},
    {"SequenceInput", "must be a tensor",
     [] {
       return changed(
           [](ModelWriter& m) { m.graph().mutable_input(0)->mutable_type()->mutable_sequence_type(); });
     }},
    {"StringInput", "STRING",
     [] { return changed([](ModelWriter& m) {
            m.input("s", {-1, 4}, Type::STRING);
          }); }},
    {"ComplexInput", "COMPLEX64",
     [] { return changed([](ModelWriter& m) {
            m.input("s", {-1, 4}, Type::COMPLEX64);
          }); }},
    {"InputWithoutType", "UNDEFINED",
     [] { return changed([](ModelWriter& m) {
            m.input("s", {-1, 4}, Type::UNDEFINED);
          }); }},
    {"InputWithoutShape", "must have a shape",
     [] {
       return changed([](ModelWriter& m) {
         m.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->clear_shape();
       });
     }},
    {"NegativeInput", "negative",
     [] {
       return changed([](ModelWriter& m) {
         auto* shape = m.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
         shape->mutable_dim(1)->set_dim_value(-7);
       });
     }},
    {"HugeInput", "bytes",
     [] {
       ModelWriter model;
       return model.input("x", {1, int64_t{1} << 40}).output("y").node("Relu", {"x"}, {"y"});
     }},
    {"OverflowingInput", "2^63",
     [] {
       ModelWriter model;
       return model.input("x", {1, int64_t{1} << 40, int64_t{1} << 40})
           .output("y")
           .node("Relu", {"x"}, {"y"});
     }},
    {"NegativeParameter", "negative", [] { return with_initializer(shaped({-4})); }},
    {"HugeParameter", "bytes", [] { return with_initializer(shaped({int64_t{1} << 40})); }},
    {"OverflowingParameter", "2^63",
     [] {
       return with_initializer(shaped({int64_t{1} << 40, int64_t{1} << 40}));
     }},
    {"ParameterWithoutData", "asks for 4 numbers", [] { return with_initializer(shaped({4})); }},
    {"ParameterTooShort", "asks for 16 bytes",
     [] {
       onnx::TensorProto tensor = shaped({4});
       tensor.set_raw_data("12345678");
       return with_initializer(tensor);
     }},
    {"StringParameter", "STRING", [] { return with_initializer(shaped({4}, Type::STRING)); }},
    {"EightBitFloat", "elements must be float", [] { return with_initializer(shaped({4}, 17)); }},
    {"UnknownType", "type number 99", [] { return with_initializer(shaped({4}, 99)); }},
    {"SegmentedParameter", "segment",
     [] {
       onnx::TensorProto tensor = shaped({4});
       tensor.mutable_segment()->set_begin(0);
       return with_initializer(tensor);
     }},
    {"ParameterOfTooManyAxes", "64 axes",
     [] { return with_initializer(shaped(std::vector<int64_t>(65, 1))); }},
    {"HugeUnsigned", "2^63",
     [] {
       onnx::TensorProto tensor = shaped({1}, Type::UINT64);
       tensor.set_raw_data(std::string(8, '\xff'));
       return with_initializer(tensor);
     }},
    {"SparseParameter", "dense",
     [] { return changed([](ModelWriter& m) { m.graph().add_sparse_initializer(); }); }},
    {"HugeConstantOfShape", "bytes",
     [] {
       ModelWriter model = with_node("Add", {"y", "huge"});
       model.initializer(int64_tensor("s", {1}, {int64_t{1} << 40}));
       return model.node("ConstantOfShape", {"s"}, {"huge"});
     }},
    {"HugeExpand", "bytes",
     [] {
       return with_node("Expand", {"y", "s"}).initializer(int64_tensor("s", {3}, {int64_t{1} << 40, 1, 1}));
     }},
    {"HugeTile", "bytes",
     [] {
       return with_node("Tile", {"y", "s"}).initializer(int64_tensor("s", {2}, {1, int64_t{1} << 40}));
     }},
    {"HugePad", "bytes",
     [] {
       return with_node("Pad", {"y", "s"}).initializer(int64_tensor("s", {4}, {0, 0, 0, int64_t{1} << 40}));
     }},
    {"HugeOuterSum", "bytes",
     [] {
       ModelWriter model = with_node("Add", {"row", "column"});
       model.initializer(int64_tensor("s", {1}, {3000000})).initializer(int64_tensor("t", {2}, {3000000, 1}));
       model.node("ConstantOfShape", {"s"}, {"row"});
       return model.node("ConstantOfShape", {"t"}, {"column"});
     }},
    {"DoublingChain", "many times more numbers",
     [] {
       ModelWriter model = with_node("Mul", {"y", "c60"});
       model.initializer(ramp("c0", {3}));
       for (int i = 0; i < 60; ++i) {
         const std::string from = "c" + std::to_string(i);
         model.node("Concat", {from, from}, {"c" + std::to_string(i + 1)}).attribute("axis", int64_t{0});
       }
       return model;
     }},
    {"ControlCharactersInNames", "\\x1b", [] { return with_node("Relu", {"\x1b[31mred\n"}); }},
};

class BadModelTest : public testing::TestWithParam<BadModel> {};

TEST_P(BadModelTest, IsRefusedInOneLine) {
  const TemporaryFolder folder;
  const std::string said = refusal(GetParam().model().write(folder.path() / "bad.onnx"));
  expect_one_line(said);
  EXPECT_NE(said.find("bad.onnx"), std::string::npos) << said;
  EXPECT_NE(said.find(GetParam().said), std::string::npos) << said;
}

INSTANTIATE_TEST_SUITE_P(Cases, BadModelTest, testing::ValuesIn(kBadModels),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace shatterproof::bad_input_test
