// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shatterproof/onnx/import.h"
#include "tests/onnx/model_writing.h"
#include "tests/onnx/network_outputs.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::function_inlining_test {
namespace {

using testing::ElementsAre;

onnx::NodeProto* add_node(onnx::FunctionProto& function, const std::string& op,
                          const std::vector<std::string>& inputs, const std::string& output) {
  onnx::NodeProto* node = function.add_node();
  node->set_op_type(op);
  node->set_name(output);
  for (const std::string& input : inputs) node->add_input(input);
  node->add_output(output);
  return node;
}

/// scaled(a, w) = LeakyRelu(a w), its slope an attribute; twice(a, w) calls it two times.
ModelWriter model_with_functions() {
  ModelWriter model(17);
  model.input("x", {-1, 3}).output("y").initializer(ramp("w", {3, 3}));
  onnx::FunctionProto& scaled = *model.proto.add_functions();
  scaled.set_domain("local");
  scaled.set_name("scaled");
  for (const char* name : {"a", "w"}) scaled.add_input(name);
  scaled.add_output("b");
  scaled.add_attribute("slope");
  add_node(scaled, "MatMul", {"a", "w"}, "product");
  onnx::AttributeProto* alpha = add_node(scaled, "LeakyRelu", {"product"}, "b")->add_attribute();
  alpha->set_name("alpha");
  alpha->set_type(onnx::AttributeProto::FLOAT);
  alpha->set_ref_attr_name("slope");
  onnx::FunctionProto& twice = *model.proto.add_functions();
  twice.set_domain("local");
  twice.set_name("twice");
  for (const char* name : {"a", "w"}) twice.add_input(name);
  for (const char* name : {"c", "a"}) twice.add_output(name);
  onnx::NodeProto* first = add_node(twice, "scaled", {"a", "w"}, "b");
  first->set_domain("local");
  onnx::AttributeProto* slope = first->add_attribute();
  slope->set_name("slope");
  slope->set_type(onnx::AttributeProto::FLOAT);
  slope->set_f(0.5F);
  add_node(twice, "scaled", {"b", "w"}, "c")->set_domain("local");
  model.node("twice", {"x", "w"}, {"z", "same"}, "call");
  model.last_node().set_domain("local");
  return model.node("Add", {"z", "same"}, {"y"}, "sum");
}

TEST(FunctionInlining, GivesTheNodesThatTheCallsStandFor) {
  const TemporaryFolder folder;
  const Network found = import_onnx(model_with_functions().write(folder.path() / "calls.onnx")).network;
  ModelWriter plain(17);
  plain.input("x", {-1, 3}).output("y").initializer(ramp("w", {3, 3}));
  plain.node("MatMul", {"x", "w"}, {"a"}).node("LeakyRelu", {"a"}, {"b"}).attribute("alpha", 0.5F);
  plain.node("MatMul", {"b", "w"}, {"c"}).node("LeakyRelu", {"c"}, {"d"}).node("Add", {"d", "x"}, {"y"});
  const Network expected = import_onnx(plain.write(folder.path() / "plain.onnx")).network;
  const Batch batch = random_batch(expected, 3);
  EXPECT_EQ(difference(outputs_of(found, batch), outputs_of(expected, batch)), 0);
  std::vector<std::string> names;
  for (const Node& node : found.nodes()) names.push_back(node.name);
  EXPECT_THAT(names,
              testing::IsSupersetOf({"call/b/product", "call/b/b", "call/c/product", "call/c/b", "sum"}));
  EXPECT_TRUE(found.find_parameter("w")->trainable);
}

TEST(FunctionInlining, TakesDefaultsThatTheClassesDoNotKnow) {
  ModelWriter model = model_with_functions();
  // attribute_proto, field 11 of a function: slope = 0.25.
  onnx::AttributeProto slope;
  slope.set_name("slope");
  slope.set_type(onnx::AttributeProto::FLOAT);
  slope.set_f(0.25F);
  constexpr char kFieldAndType = 11 << 3 | 2;
  const std::string value = slope.SerializeAsString();
  std::string bytes = model.proto.functions(0).SerializeAsString();
  bytes += kFieldAndType;
  bytes += static_cast<char>(value.size());
  bytes += value;
  ASSERT_TRUE(model.proto.mutable_functions(0)->ParseFromString(bytes));
  const TemporaryFolder folder;
  const Network network = import_onnx(model.write(folder.path() / "model.onnx")).network;
  std::vector<double> slopes;
  for (const Node& node : network.nodes()) {
    if (node.op == "LeakyRelu") slopes.push_back(node.number("alpha", 0.01));
  }
  EXPECT_THAT(slopes, ElementsAre(0.5, 0.25));
}

}  // namespace
}  // namespace shatterproof::function_inlining_test
