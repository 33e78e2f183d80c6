// SPDX-License-Identifier: Apache-2.0
// Models that ask for too much, and models put together and altered at random.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shatterproof/network/operator.h"
#include "shatterproof/onnx/import.h"
#include "tests/hostile/attack.h"
#include "tests/onnx/model_writing.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::cli::hostile_models_test {
namespace {

ImportOptions limited() {
  ImportOptions options;
  options.memory_limit = int64_t{512} << 20;
  return options;
}

// y = f_1(f_1(x)), f_1 = f_2(f_2(.)), ...: twice as many nodes with every level.
ModelWriter multiplying(int levels, const std::function<void(onnx::FunctionProto&)>& finish) {
  ModelWriter model = small_model();
  model.graph().mutable_output(0)->set_name("extra");
  model.node("f0", {"y"}, {"extra"}, "call");
  for (int level = 0; level < levels; ++level) {
    onnx::FunctionProto& function = *model.proto.add_functions();
    function.set_name(fmt::format("f{}", level));
    function.add_input("a");
    function.add_output("c");
    const bool is_last = level + 1 == levels;
    for (const auto& [from, to] : {std::pair("a", "b"), std::pair("b", "c")}) {
      onnx::NodeProto& node = *function.add_node();
      node.set_op_type(is_last ? "Relu" : fmt::format("f{}", level + 1));
      node.add_input(from);
      node.add_output(to);
    }
    if (is_last) finish(function);
  }
  return model;
}

ModelWriter over_noise(const std::string& op, const std::vector<std::string>& inputs,
                       const std::vector<std::string>& outputs) {
  ModelWriter model;
  return model.input("x", {-1, 1, 8, 8}).output(outputs[0]).node(op, inputs, outputs);
}

TEST(HostileModels, ThatAskForTooMuch) {
  Attack attack("models that ask for too much");
  const TemporaryFolder folder;
  const auto read = [&](const std::string& what, const ModelWriter& model) {
    const std::filesystem::path file = model.write(folder.path() / "x.onnx");
    attack.call(what, [&] { import_onnx(file, limited()); });
  };
  for (const int levels : {4, 16, 24, 60, 400}) {
    read(fmt::format("{} levels of calls", levels), multiplying(levels, [](auto&) {}));
    read(fmt::format("{} levels of calls of nothing", levels),
         multiplying(levels, [](onnx::FunctionProto& last) { last.clear_node(); }));
    read(fmt::format("{} levels of names", levels), multiplying(levels, [](onnx::FunctionProto& last) {
           last.mutable_node(0)->set_name(std::string(100'000, 'n'));
         }));
    read(fmt::format("{} levels of constants", levels), multiplying(levels, [](onnx::FunctionProto& last) {
           onnx::NodeProto& node = *last.add_node();
           node.set_op_type("Constant");
           node.add_output("k");
           onnx::AttributeProto& value = *node.add_attribute();
           value.set_name("value");
           value.set_type(onnx::AttributeProto::TENSOR);
           *value.mutable_t() = ramp("", {10'000});
         }));
  }
  for (const int64_t pad : {int64_t{2}, int64_t{1000}, int64_t{1'000'000}, int64_t{1} << 29}) {
    for (const char* op : {"MaxPool", "AveragePool", "LpPool"}) {
      read(fmt::format("{} with pads of {}", op, pad),
           over_noise(op, {"x"}, {"y"})
               .attribute("kernel_shape", std::vector<int64_t>{3, 3})
               .attribute("pads", std::vector<int64_t>{pad, 0, pad, 0}));
    }
    read(fmt::format("Conv with pads of {}", pad),
         over_noise("Conv", {"x", "W"}, {"y"})
             .attribute("pads", std::vector<int64_t>{pad, 0, pad, 0})
             .initializer(ramp("W", {1, 1, 3, 3})));
    read(fmt::format("Pad by {}", pad),
         over_noise("Pad", {"x", "p"}, {"y"})
             .initializer(int64_tensor("p", {8}, {0, 0, pad, 0, 0, 0, pad, 0})));
  }
  for (const int64_t count : {int64_t{1000}, int64_t{1'600'000}, int64_t{100'000'000}, int64_t{1} << 40}) {
    const auto tiled = [&] {
      ModelWriter model = over_noise("Tile", {"x", "r"}, {"t"});
      return model.initializer(int64_tensor("r", {4}, {1, 1, 1, count}));
    };
    read(fmt::format("Tile to {} times", count), tiled());
    ModelWriter top = tiled(), unique = tiled();
    top.graph().mutable_output(0)->set_name("y");
    top.node("TopK", {"t", "k"}, {"y", "i"}).initializer(int64_tensor("k", {1}, {8}));
    read(fmt::format("TopK of {} times", count), top);
    unique.graph().mutable_output(0)->set_name("y");
    unique.node("Unique", {"t"}, {"y"});
    read(fmt::format("Unique of {} times", count), unique);
    ModelWriter chain = tiled();
    for (int i = 0; i < 100; ++i)
      chain.node("Relu", {i == 0 ? "t" : fmt::format("t{}", i)}, {fmt::format("t{}", i + 1)});
    chain.graph().mutable_output(0)->set_name("t100");
    read(fmt::format("a hundred nodes over {} times", count), chain);
  }
  EXPECT_THAT(attack.broken(), testing::IsEmpty());
}

int64_t hostile_size(std::mt19937_64& random) {
  constexpr int64_t kSizes[] = {0,         1,        -1, 2, 3, 4, 7, 1000, int64_t{1} << 31, int64_t{1} << 40,
                                INT64_MAX, INT64_MIN};
  return any_of(kSizes, random);
}

// Operators, shapes and attributes as they fall.
ModelWriter constructed(std::mt19937_64& random) {
  const std::span<const Operator> all = operators();
  ModelWriter model(static_cast<int64_t>(7 + random() % 19));
  const std::vector<std::string> attributes = {"axis",      "axes",  "pads",     "strides",   "kernel_shape",
                                               "dilations", "group", "keepdims", "perm",      "to",
                                               "shape",     "value", "alpha",    "ceil_mode", "epsilon"};
  std::vector<std::string> values = {"x", "W", "k"};
  constexpr int64_t kSmall = 5;
  std::vector<int64_t> shape = {-1};
  for (uint64_t axes = random() % 4; axes-- > 0;)
    shape.push_back(1 + static_cast<int64_t>(random() % kSmall));
  model.input("x", shape)
      .initializer(ramp("W", {4, 4}))
      .initializer(int64_tensor("k", {2}, {hostile_size(random), hostile_size(random)}));
  for (uint64_t nodes = 1 + random() % 5; nodes-- > 0;) {
    const Operator& op = all[random() % all.size()];
    std::vector<std::string> inputs;
    for (int i = 0; i < op.min_inputs + static_cast<int>(random() % 2); ++i)
      inputs.push_back(any_of(values, random));
    values.push_back(fmt::format("v{}", values.size()));
    model.node(std::string(op.name), inputs, {values.back()}, fmt::format("node {}", values.size()));
    for (uint64_t i = random() % 4; i-- > 0;) {
      const std::string& name = any_of(attributes, random);
      const std::vector<int64_t> sizes = {hostile_size(random), hostile_size(random)};
      if (random() % 3 == 0) {
        model.attribute(name, hostile_size(random));
      } else {
        model.attribute(name, sizes);
      }
    }
  }
  return model.output(values.back());
}

TEST(HostileModels, ConstructedAtRandom) {
  Attack attack("models constructed at random");
  const TemporaryFolder folder;
  std::mt19937_64 random = generator("models");
  for (int64_t i = 0; i < times(5000); ++i) {
    const ModelWriter model = constructed(random);
    const std::filesystem::path file = model.write(folder.path() / "x.onnx");
    attack.call(fmt::format("model {}: {}", i, model.proto.ShortDebugString()),
                [&] { import_onnx(file, limited()); });
  }
  EXPECT_THAT(attack.broken(), testing::IsEmpty());
}

TEST(HostileModels, MutatedAtRandom) {
  Attack attack("models mutated at random");
  const TemporaryFolder folder;
  std::mt19937_64 random = generator("mutations");
  ModelWriter convolution = over_noise("Conv", {"x", "W"}, {"c"}).initializer(ramp("W", {4, 1, 3, 3}));
  convolution.graph().mutable_output(0)->set_name("y");
  convolution.node("Relu", {"c"}, {"r"}).node("GlobalAveragePool", {"r"}, {"y"});
  const std::vector<std::string> wholes = {small_model().proto.SerializeAsString(),
                                           convolution.proto.SerializeAsString(),
                                           multiplying(3, [](auto&) {}).proto.SerializeAsString()};
  for (int64_t i = 0; i < times(3000); ++i) {
    const std::string file = folder.write("x.onnx", mutated(any_of(wholes, random), hostile_words(), random));
    attack.call(fmt::format("mutation {}", i), [&] { import_onnx(file, limited()); });
  }
  EXPECT_THAT(attack.broken(), testing::IsEmpty());
}

}  // namespace
}  // namespace shatterproof::cli::hostile_models_test
