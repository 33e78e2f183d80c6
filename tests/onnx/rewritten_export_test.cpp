// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "onnx/operator_set_17.h"
#include "shatterproof/network/operator_traits.h"
#include "shatterproof/onnx/export.h"
#include "shatterproof/onnx/import.h"
#include "tests/onnx/model_writing.h"
#include "tests/onnx/network_outputs.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::rewritten_export_test {
namespace {

TEST(RewrittenExport, HasARuleForEveryOperatorThatIsRewritten) {
  for (const Operator& op : operators())
    EXPECT_EQ(has_rewriting_rule(op.name), traits_of(op.name).written == Export::rewritten) << op.name;
}

TEST(RewrittenExport, WritesNoOperatorOfALaterSetAsItIs) {
  for (const Operator& op : operators()) {
    const int first = std::stoi(std::string(traits_of(op.name).sets));
    EXPECT_TRUE(first <= kExportedOperatorSet || traits_of(op.name).written != Export::alike) << op.name;
  }
}

// One node of an older or newer operator set between an input of [batch, 2, 6, 6] and the output.
struct Rewritten {
  const char* name;
  int64_t opset;
  std::function<void(ModelWriter&)> add;
};

void PrintTo(const Rewritten& model, std::ostream* stream) {
  *stream << model.name;
}

onnx::TensorProto list(const char* name, const std::vector<int64_t>& values) {
  return int64_tensor(name, {static_cast<int64_t>(values.size())}, values);
}

const Rewritten kRewritten[] = {
    {"SoftmaxOverAllLaterAxes", 11, [](ModelWriter& m) { m.node("Softmax", {"x"}, {"y"}); }},
    {"LogSoftmaxOverAllLaterAxes", 9,
     [](ModelWriter& m) { m.node("LogSoftmax", {"x"}, {"y"}).attribute("axis", int64_t{2}); }},
    {"SoftmaxOverTheLastAxis", 11,
     [](ModelWriter& m) { m.node("Softmax", {"x"}, {"y"}).attribute("axis", int64_t{3}); }},
    {"ClipByAttributes", 9,
     [](ModelWriter& m) { m.node("Clip", {"x"}, {"y"}).attribute("min", -0.5F).attribute("max", 0.25F); }},
    {"ClipFromAboveOnly", 9, [](ModelWriter& m) { m.node("Clip", {"x"}, {"y"}).attribute("max", 0.25F); }},
    {"UnsqueezeAndSqueezeByAttributes", 11,
     [](ModelWriter& m) {
       m.node("Unsqueeze", {"x"}, {"u"}).attribute("axes", std::vector<int64_t>{1, 4});
       m.node("Squeeze", {"u"}, {"y"}).attribute("axes", std::vector<int64_t>{1});
     }},
    {"ReduceSumByAttributes", 11,
     [](ModelWriter& m) {
       m.node("ReduceSum", {"x"}, {"y"})
           .attribute("axes", std::vector<int64_t>{2, -1})
           .attribute("keepdims", int64_t{0});
     }},
    {"ReduceMeanByInput", 18,
     [](ModelWriter& m) {
       m.initializer(list("a", {2, 3})).node("ReduceMean", {"x", "a"}, {"y"});
     }},
    {"ReduceMeanOfNoAxis", 18,
     [](ModelWriter& m) {
       m.node("ReduceMean", {"x"}, {"y"}).attribute("noop_with_empty_axes", int64_t{1});
     }},
    {"ReduceL2OfNoAxis", 18,
     [](ModelWriter& m) { m.node("ReduceL2", {"x"}, {"y"}).attribute("noop_with_empty_axes", int64_t{1}); }},
    {"ReduceSumSquareOfNoAxis", 18,
     [](ModelWriter& m) {
       m.node("ReduceSumSquare", {"x"}, {"y"}).attribute("noop_with_empty_axes", int64_t{1});
     }},
    {"ReduceLogSumOfNoAxis", 18,
     [](ModelWriter& m) {
       m.node("Exp", {"x"}, {"e"}).node("ReduceLogSum", {"e"}, {"y"});
       m.attribute("noop_with_empty_axes", int64_t{1});
     }},
    {"SplitByAttribute", 11,
     [](ModelWriter& m) {
       m.node("Split", {"x"}, {"a", "b"})
           .attribute("axis", int64_t{2})
           .attribute("split", std::vector<int64_t>{2, 4});
       m.node("Concat", {"b", "a"}, {"y"}).attribute("axis", int64_t{2});
     }},
    {"SplitIntoUnequalParts", 18,
     [](ModelWriter& m) {
       m.node("Split", {"x"}, {"a", "b", "c", "d"})
           .attribute("axis", int64_t{-1})
           .attribute("num_outputs", int64_t{4});
       m.node("Concat", {"d", "c", "b", "a"}, {"y"}).attribute("axis", int64_t{3});
     }},
    {"SplitIntoEqualParts", 18,
     [](ModelWriter& m) {
       m.node("Split", {"x"}, {"a", "b"}).attribute("axis", int64_t{3}).attribute("num_outputs", int64_t{2});
       m.node("Concat", {"b", "a"}, {"y"}).attribute("axis", int64_t{3});
     }},
    {"SliceByAttributes", 9,
     [](ModelWriter& m) {
       m.node("Slice", {"x"}, {"y"}).attribute("axes", std::vector<int64_t>{2, 3});
       m.attribute("starts", std::vector<int64_t>{1, -3}).attribute("ends", std::vector<int64_t>{9, -1});
     }},
    {"SliceOfTheFirstAxes", 9,
     [](ModelWriter& m) {
       m.node("Transpose", {"x"}, {"t"}).attribute("perm", std::vector<int64_t>{1, 0, 2, 3});
       m.node("Slice", {"t"}, {"s"})
           .attribute("starts", std::vector<int64_t>{1})
           .attribute("ends", std::vector<int64_t>{2});
       m.node("Transpose", {"s"}, {"y"}).attribute("perm", std::vector<int64_t>{1, 0, 2, 3});
     }},
    {"PadByAttributes", 9,
     [](ModelWriter& m) {
       m.node("Pad", {"x"}, {"y"})
           .attribute("pads", std::vector<int64_t>{0, 0, 1, 2, 0, 0, 0, 3})
           .attribute("value", 0.5F);
     }},
    {"PadOfNamedAxes", 18,
     [](ModelWriter& m) {
       m.initializer(list("p", {1, 2, 0, 3})).initializer(list("a", {2, -1}));
       m.node("Pad", {"x", "p", "", "a"}, {"y"});
     }},
    {"DropoutByAttribute", 10,
     [](ModelWriter& m) { m.node("Dropout", {"x"}, {"y"}).attribute("ratio", 0.25F); }},
    {"BatchNormalizationWithSpatial", 7,
     [](ModelWriter& m) {
       for (const char* name : {"g", "b", "m", "v"}) m.initializer(float_tensor(name, {2}, {0.5F, 2}));
       m.node("BatchNormalization", {"x", "g", "b", "m", "v"}, {"y"}).attribute("spatial", int64_t{1});
     }},
    {"Gelu", 20, [](ModelWriter& m) { m.node("Gelu", {"x"}, {"y"}); }},
    {"AveragePoolOfDilationOne", 19,
     [](ModelWriter& m) {
       m.node("AveragePool", {"x"}, {"y"}).attribute("kernel_shape", std::vector<int64_t>{2, 2});
       m.attribute("dilations", std::vector<int64_t>{1, 1});
     }},
    {"CastThatSaturates", 19,
     [](ModelWriter& m) {
       m.node("Cast", {"x"}, {"y"}).attribute("to", int64_t{1}).attribute("saturate", int64_t{0});
     }},
    {"UpsampleByAttribute", 7,
     [](ModelWriter& m) {
       onnx::AttributeProto& scales = *m.node("Upsample", {"x"}, {"y"}).last_node().add_attribute();
       scales.set_name("scales");
       scales.set_type(onnx::AttributeProto::FLOATS);
       for (const float scale : {1.F, 1.F, 2.F, 1.5F}) scales.add_floats(scale);
     }},
    {"UpsampleByInput", 9,
     [](ModelWriter& m) {
       m.initializer(float_tensor("s", {4}, {1, 1, 0.5F, 3})).node("Upsample", {"x", "s"}, {"y"});
     }},
    {"ResizeOfOperatorSet10", 10,
     [](ModelWriter& m) {
       m.initializer(float_tensor("s", {4}, {1, 1, 0.7F, 2})).node("Resize", {"x", "s"}, {"y"});
     }},
    {"Mish", 18, [](ModelWriter& m) { m.node("Mish", {"x"}, {"y"}); }},
    {"GroupNormalizationByGroup", 18,
     [](ModelWriter& m) {
       m.initializer(float_tensor("g", {1}, {2})).initializer(float_tensor("b", {1}, {0.5F}));
       m.node("GroupNormalization", {"x", "g", "b"}, {"y"}).attribute("num_groups", int64_t{1});
     }},
    {"GroupNormalizationByChannel", 21,
     [](ModelWriter& m) {
       m.initializer(float_tensor("g", {2}, {2, 3})).initializer(float_tensor("b", {2}, {0.5F, 1}));
       m.node("GroupNormalization", {"x", "g", "b"}, {"y"}).attribute("num_groups", int64_t{1});
     }},
    {"TopKByAttribute", 9,
     [](ModelWriter& m) {
       m.node("TopK", {"x"}, {"y", "i"}).attribute("k", int64_t{2});
     }},
    {"ReduceMaxByInput", 18,
     [](ModelWriter& m) {
       m.initializer(list("a", {2, 3})).node("ReduceMax", {"x", "a"}, {"y"});
     }},
    {"HardmaxOverAllLaterAxes", 11, [](ModelWriter& m) { m.node("Hardmax", {"x"}, {"y"}); }},
    {"LpPoolOfOperatorSet18", 18,
     [](ModelWriter& m) {
       m.node("LpPool", {"x"}, {"y"}).attribute("kernel_shape", std::vector<int64_t>{2, 3});
     }},
    {"RoiAlignOfOperatorSet10", 10,
     [](ModelWriter& m) {
       m.initializer(float_tensor("r", {1, 4}, {0.5F, 1, 4, 5})).initializer(list("e", {0}));
       m.node("RoiAlign", {"x", "r", "e"}, {"regions"}).attribute("output_height", int64_t{2});
       m.attribute("sampling_ratio", int64_t{2}).node("ReduceMean", {"regions"}, {"mean"});
       m.node("Add", {"x", "mean"}, {"y"});
     }},
    {"GridSampleOfOperatorSet20", 20,
     [](ModelWriter& m) {
       m.node("Transpose", {"x"}, {"t"}).attribute("perm", std::vector<int64_t>{0, 2, 3, 1});
       m.node("GridSample", {"x", "t"}, {"y"});
     }},
    {"RecurrenceFromTheStateOfOneExample", 14,
     [](ModelWriter& m) {
       m.initializer(list("s", {-1, 6, 12})).node("Reshape", {"x", "s"}, {"r"});
       m.node("Transpose", {"r"}, {"t"}).attribute("perm", std::vector<int64_t>{1, 0, 2});
       m.initializer(ramp("w", {1, 16, 12})).initializer(ramp("u", {1, 16, 4}));
       m.initializer(ramp("h", {1, 1, 4})).initializer(float_tensor("c", {1, 1, 4}, {0, 0, 0, 0}));
       m.node("LSTM", {"t", "w", "u", "", "", "h", "c"}, {"", "last"}).attribute("hidden_size", int64_t{4});
       m.node("Squeeze", {"last", "zero"}, {"y"}).initializer(list("zero", {0}));
     }},
    {"ReshapeThatKeepsZeros", 14,
     [](ModelWriter& m) {
       m.initializer(list("s", {-1, 2, 36}))
           .node("Reshape", {"x", "s"}, {"y"})
           .attribute("allowzero", int64_t{1});
     }},
};

ModelWriter model_of(const Rewritten& rewritten) {
  ModelWriter model(rewritten.opset);
  model.input("x", {-1, 2, 6, 6}).output("y");
  rewritten.add(model);
  return model;
}

class RewrittenTest : public testing::TestWithParam<Rewritten> {};

TEST_P(RewrittenTest, MeansTheSame) {
  const TemporaryFolder folder;
  const Network network = import_onnx(model_of(GetParam()).write(folder.path() / "model.onnx")).network;
  export_onnx(network, folder.path() / "exported.onnx");
  const ImportedModel read = import_onnx(folder.path() / "exported.onnx");
  EXPECT_EQ(read.opset, kExportedOperatorSet);
  EXPECT_EQ(read.ir_version, 8);
  EXPECT_EQ(read.producer, "shatterproof");
  const Batch batch = random_batch(network, 3);
  constexpr double kRounding = 1e-5;  // Gelu is another formula of the same function
  EXPECT_LE(difference(outputs_of(network, batch), outputs_of(read.network, batch)), kRounding);
}

INSTANTIATE_TEST_SUITE_P(Nodes, RewrittenTest, testing::ValuesIn(kRewritten),
                         [](const auto& info) { return std::string(info.param.name); });

std::string refusal(const Rewritten& rewritten) {
  const TemporaryFolder folder;
  try {
    const Network network = import_onnx(model_of(rewritten).write(folder.path() / "model.onnx")).network;
    export_onnx(network, folder.path() / "exported.onnx");
  } catch (const std::invalid_argument& error) {
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "exported.onnx"));
    return error.what();
  }
  return "";
}

TEST(RewrittenExport, RefusesWhatOperatorSet17CannotSay) {
  EXPECT_THAT(refusal({"", 19,
                       [](ModelWriter& m) {
                         m.initializer(list("p", {0, 0, 1, 1, 0, 0, 1, 1})).node("Pad", {"x", "p"}, {"y"});
                         auto* mode = m.last_node().add_attribute();
                         mode->set_name("mode");
                         mode->set_type(onnx::AttributeProto::STRING);
                         mode->set_s("wrap");
                       }}),
              testing::HasSubstr("wrap"));
  EXPECT_THAT(
      refusal({"", 19,
               [](ModelWriter& m) {
                 m.node("AveragePool", {"x"}, {"y"}).attribute("kernel_shape", std::vector<int64_t>{2, 2});
                 m.attribute("dilations", std::vector<int64_t>{2, 2});
               }}),
      testing::HasSubstr("dilations"));
}

}  // namespace
}  // namespace shatterproof::rewritten_export_test
