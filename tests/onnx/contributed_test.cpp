// SPDX-License-Identifier: Apache-2.0
// Operators that ONNX Runtime contributed, and control flow that is decided at import.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shatterproof/onnx/import.h"
#include "tests/onnx/model_writing.h"
#include "tests/onnx/network_outputs.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::contributed_test {
namespace {

using testing::ElementsAre;
constexpr double kRounding = 1e-5;

ImportedModel import(const ModelWriter& model) {
  const TemporaryFolder folder;
  return import_onnx(model.write(folder.path() / "model.onnx"));
}

std::vector<std::string> operators_of(const ImportedModel& model) {
  std::vector<std::string> ops;
  for (const Node& node : model.network.nodes()) ops.push_back(node.op);
  return ops;
}

ModelWriter& contributed(ModelWriter& model, const std::string& op, const std::vector<std::string>& inputs,
                         const std::vector<std::string>& outputs) {
  model.node(op, inputs, outputs);
  model.last_node().set_domain("com.microsoft");
  return model;
}

ModelWriter over_features() {
  ModelWriter model(14);
  model.input("x", {-1, 5, 8}).output("y").initializer(ramp("W", {8, 8})).initializer(ramp("b", {8}));
  model.initializer(float_tensor("g", {8}, {1, 2, 1, 2, 1, 2, 1, 2}));
  return model;
}

TEST(Contributed, GelusAreGelus) {
  for (const char* op : {"FastGelu", "BiasGelu", "QuickGelu", "Gelu"}) {
    ModelWriter model = over_features();
    model.node("MatMul", {"x", "W"}, {"z"});
    const bool biased = std::string(op) == "FastGelu" || std::string(op) == "BiasGelu";
    contributed(model, op, biased ? std::vector<std::string>{"z", "b"} : std::vector<std::string>{"z"},
                {"y"});
    const ImportedModel read = import(model);
    const Batch batch = random_batch(read.network, 3);
    at::Tensor z = at::matmul(batch.inputs[0], read.network.find_parameter("W")->value);
    if (biased) z = z + read.network.find_parameter("b")->value;
    const at::Tensor expected = std::string(op) == "QuickGelu"  ? z * at::sigmoid(1.702 * z)
                                : std::string(op) == "FastGelu" ? at::gelu(z, "tanh")
                                                                : at::gelu(z);
    EXPECT_LE(difference({expected}, outputs_of(read.network, batch)), kRounding) << op;
    if (biased) {
      EXPECT_TRUE(read.network.find_parameter("b")->trainable) << op;
    }
  }
}

TEST(Contributed, SkipNormsAreASumAndANorm) {
  ModelWriter model = over_features();
  model.node("MatMul", {"x", "W"}, {"z"});
  contributed(model, "SkipLayerNormalization", {"z", "x", "g", "b"}, {"n", "", "", "s"})
      .attribute("epsilon", 1e-5F);
  contributed(model, "SkipSimplifiedLayerNormalization", {"n", "s", "g"}, {"y"}).attribute("epsilon", 1e-5F);
  const ImportedModel read = import(model);
  EXPECT_THAT(operators_of(read),
              ElementsAre("MatMul", "Add", "LayerNormalization", "Add", "RMSNormalization"));
  const Batch batch = random_batch(read.network, 3);
  const at::Tensor g = read.network.find_parameter("g")->value, b = read.network.find_parameter("b")->value;
  const at::Tensor s = at::matmul(batch.inputs[0], read.network.find_parameter("W")->value) + batch.inputs[0];
  const at::Tensor t = at::layer_norm(s, {8}, g, b, 1e-5) + s;
  const at::Tensor expected = t * at::rsqrt(at::square(t).mean(at::IntArrayRef{-1}, true) + 1e-5) * g;
  EXPECT_LE(difference({expected}, outputs_of(read.network, batch)), kRounding);
}

TEST(Contributed, TransposedProductsAreProducts) {
  ModelWriter model = over_features();
  contributed(model, "FusedMatMul", {"x", "W"}, {"z"})
      .attribute("transB", int64_t{1})
      .attribute("alpha", 0.5F);
  model.node("Relu", {"z"}, {"y"});
  const ImportedModel read = import(model);
  const Batch batch = random_batch(read.network, 3);
  const at::Tensor expected =
      at::relu(0.5 * at::matmul(batch.inputs[0], read.network.find_parameter("W")->value.t()));
  EXPECT_LE(difference({expected}, outputs_of(read.network, batch)), kRounding);
  EXPECT_EQ(read.network.parameter_count(), 64);
}

TEST(Contributed, AttentionOfManyHeads) {
  ModelWriter model = over_features();
  for (const char* name : {"Q", "K", "V"}) {
    model.initializer(ramp(name, {8, 8})).node("MatMul", {"x", name}, {std::string(name) + "x"});
  }
  contributed(model, "MultiHeadAttention", {"Qx", "Kx", "Vx"}, {"y"}).attribute("num_heads", int64_t{2});
  const ImportedModel read = import(model);
  const Batch batch = random_batch(read.network, 3);
  const auto heads = [&](const char* name) {
    return at::matmul(batch.inputs[0], read.network.find_parameter(name)->value)
        .reshape({3, 5, 2, 4})
        .transpose(1, 2);
  };
  const at::Tensor weights = at::softmax(at::matmul(heads("Q"), heads("K").transpose(2, 3)) / 2, -1);
  const at::Tensor expected = at::matmul(weights, heads("V")).transpose(1, 2).flatten(2);
  EXPECT_LE(difference({expected}, outputs_of(read.network, batch)), kRounding);
  EXPECT_TRUE(read.batch_verified);
}

onnx::GraphProto branch(const char* op) {
  onnx::GraphProto graph;
  onnx::NodeProto& node = *graph.add_node();
  node.set_op_type(op);
  node.add_input("z");
  node.add_output("inner");
  graph.add_output()->set_name("inner");
  return graph;
}

void add_branches(ModelWriter& model) {
  for (const auto& [name, op] : {std::pair("then_branch", "Tanh"), std::pair("else_branch", "Relu")}) {
    auto* attribute = model.last_node().add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::GRAPH);
    *attribute->mutable_g() = branch(op);
  }
}

TEST(Sequences, SplitsThatAreTakenApartAreSlices) {
  for (const bool listed : {false, true}) {
    ModelWriter model(18);
    model.input("x", {-1, 5, 6}).output("y").initializer(ramp("W", {6, 6}));
    model.initializer(listed ? int64_tensor("sizes", {2}, {2, 4}) : int64_tensor("sizes", {}, {3}));
    model.initializer(int64_tensor("one", {}, {1})).node("MatMul", {"x", "W"}, {"z"});
    model.node("SplitToSequence", {"z", "sizes"}, {"parts"}).attribute("axis", int64_t{2});
    model.node("SequenceAt", {"parts", "one"}, {"y"});
    const ImportedModel read = import(model);
    const Batch batch = random_batch(read.network, 3);
    const at::Tensor z = at::matmul(batch.inputs[0], read.network.find_parameter("W")->value);
    EXPECT_LE(difference({listed ? z.narrow(2, 2, 4) : z.narrow(2, 3, 3)}, outputs_of(read.network, batch)),
              kRounding);
  }
}

TEST(Branches, DecidedBySizesAreTaken) {
  for (const int64_t size : {5, 6}) {
    ModelWriter model = over_features();
    model.node("MatMul", {"x", "W"}, {"z"})
        .node("Shape", {"z"}, {"sizes"})
        .node("Gather", {"sizes", "one"}, {"steps"});
    model.initializer(int64_tensor("one", {}, {1})).initializer(int64_tensor("five", {}, {size}));
    model.node("Equal", {"steps", "five"}, {"same"}).node("If", {"same"}, {"y"}, "choice");
    add_branches(model);
    const ImportedModel read = import(model);
    EXPECT_THAT(operators_of(read), testing::Contains(size == 5 ? "Tanh" : "Relu"));
    EXPECT_THAT(operators_of(read), testing::Not(testing::Contains("If")));
  }
}

TEST(Branches, DecidedByTheDataAreRefusedAsControlFlow) {
  ModelWriter model = over_features();
  model.node("MatMul", {"x", "W"}, {"z"}).node("ReduceSum", {"z"}, {"sum"}).attribute("keepdims", int64_t{0});
  model.initializer(float_tensor("zero", {}, {0})).node("Greater", {"sum", "zero"}, {"positive"});
  model.node("If", {"positive"}, {"y"}, "choice");
  add_branches(model);
  try {
    import(model);
    FAIL() << "was read";
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(),
                testing::AllOf(testing::HasSubstr("'choice'"), testing::HasSubstr("control flow")));
  }
}

}  // namespace
}  // namespace shatterproof::contributed_test
