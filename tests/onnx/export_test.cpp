// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/onnx/export.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/error.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/onnx/import.h"
#include "tests/onnx/families.h"
#include "tests/onnx/model_writing.h"
#include "tests/onnx/network_outputs.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::export_test {
namespace {

Network again(const Network& network) {
  const TemporaryFolder folder;
  export_onnx(network, folder.path() / "network.onnx");
  return import_onnx(folder.path() / "network.onnx").network;
}

bool equal(const Attribute& a, const Attribute& b) {
  return std::visit(
      [&](const auto& value) {
        using Value = std::decay_t<decltype(value)>;
        const Value* other = std::get_if<Value>(&b);
        if constexpr (std::is_same_v<Value, at::Tensor>) {
          return other && at::equal(value, *other);
        } else {
          return other && value == *other;
        }
      },
      a);
}

void expect_same_nodes(const Network& a, const Network& b) {
  ASSERT_EQ(a.nodes().size(), b.nodes().size());
  for (size_t i = 0; i < a.nodes().size(); ++i) {
    const Node &x = a.nodes()[i], &y = b.nodes()[i];
    EXPECT_EQ(x.name, y.name);
    EXPECT_EQ(x.op, y.op);
    EXPECT_EQ(x.inputs, y.inputs);
    EXPECT_EQ(x.outputs, y.outputs);
    ASSERT_EQ(x.attributes.size(), y.attributes.size()) << x.name;
    for (const auto& [name, value] : x.attributes)
      EXPECT_TRUE(y.has(name) && equal(value, y.attributes.at(name))) << x.name << " " << name;
  }
}

void expect_same_parameters(const Network& a, const Network& b) {
  ASSERT_EQ(a.parameters().size(), b.parameters().size());
  for (const Parameter& parameter : a.parameters()) {
    const Parameter* other = b.find_parameter(parameter.name);
    ASSERT_TRUE(other) << parameter.name;
    EXPECT_TRUE(at::equal(parameter.value, other->value)) << parameter.name;
    EXPECT_EQ(parameter.trainable, other->trainable) << parameter.name;
    EXPECT_EQ(parameter.prescribed_scheme, other->prescribed_scheme) << parameter.name;
  }
}

class FamilyExportTest : public testing::TestWithParam<const char*> {};

TEST_P(FamilyExportTest, ComesBackTheSame) {
  const Network network = initialize(build_family(GetParam()), "he", 1).network;
  const Network read = again(network);
  EXPECT_EQ(read.name(), network.name());
  EXPECT_EQ(read.outputs(), network.outputs());
  ASSERT_EQ(read.inputs().size(), network.inputs().size());
  EXPECT_EQ(read.inputs()[0].name, network.inputs()[0].name);
  EXPECT_EQ(read.inputs()[0].shape, network.inputs()[0].shape);
  if (std::string_view(GetParam()).find("gelu") == std::string_view::npos) expect_same_nodes(network, read);
  const Batch batch = random_batch(network, 5);
  constexpr double kOtherFormulaOfGelu = 1e-5;
  EXPECT_LE(difference(outputs_of(network, batch, BatchStatistics::attached),
                       outputs_of(read, batch, BatchStatistics::attached)),
            kOtherFormulaOfGelu);
  if (std::string_view(GetParam()).find("gelu") == std::string_view::npos)
    expect_same_parameters(network, read);
}

INSTANTIATE_TEST_SUITE_P(Families, FamilyExportTest, testing::ValuesIn(kFamilySpecs),
                         [](const auto& info) { return file_stem(info.param); });

TEST(Export, DrawsTheSameMirroredWeightsWhenReadAgain) {
  for (const char* spec : {"feedforward:depth=3,width=16,crelu=true", "feedforward:depth=3,width=16",
                           "residual:depth=2,width=16,activation=prelu"}) {
    const Network network = build_family(spec);
    const Initialization first = initialize(network, "looks_linear", 1),
                         second = initialize(again(network), "looks_linear", 1);
    expect_same_parameters(first.network, second.network);
    EXPECT_EQ(first.notes, second.notes) << spec;
  }
}

TEST(Export, KeepsAFixedBatch) {
  const TemporaryFolder folder;
  ModelWriter model;
  model.input("x", {2, 4}).output("y").node("Softmax", {"x"}, {"s"}).attribute("axis", int64_t{0});
  model.node("Tanh", {"s"}, {"y"});
  const ImportedModel read = import_onnx(model.write(folder.path() / "model.onnx"));
  ASSERT_EQ(read.batch_axis, BatchAxis::fixed);
  EXPECT_EQ(again(read.network).inputs()[0].shape, (std::vector<int64_t>{2, 4}));
}

TEST(Export, LeavesNothingBehindWhenItFails) {
  const TemporaryFolder folder;
  const Network network = build_family("feedforward:depth=2,width=4");
  EXPECT_THROW(export_onnx(network, folder.path() / "network.onnx", {.largest_file = 10}),
               std::invalid_argument);
  EXPECT_THROW(export_onnx(network, folder.path() / "nowhere" / "network.onnx"), IoError);
  EXPECT_THROW(export_onnx(network, folder.path()), IoError);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace shatterproof::export_test
