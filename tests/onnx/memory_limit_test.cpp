// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shatterproof/onnx/import.h"
#include "tests/onnx/model_writing.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::memory_limit_test {
namespace {

// x, [batch, 4], as an image of one example and 4 x 1 x 1.
ModelWriter with_image(const std::string& op, const std::vector<std::string>& inputs) {
  ModelWriter model(17);
  model.input("x", {-1, 4}).output("y").initializer(int64_tensor("sizes", {4}, {-1, 4, 1, 1}));
  return model.node("Reshape", {"x", "sizes"}, {"image"}).node(op, inputs, {"y"});
}

TEST(MemoryLimit, HoldsForWhateverAnOperatorMakesOfLittle) {
  constexpr int64_t kLarge = 4000;  // squared, and 8 bytes each: far above
  ImportOptions options;
  options.memory_limit = int64_t{1} << 20;
  std::vector<ModelWriter> models;
  models.push_back(
      with_image("MaxUnpool", {"image", "at"}).initializer(int64_tensor("at", {1, 4, 1, 1}, {0, 1, 2, 3})));
  models.back().attribute("kernel_shape", std::vector<int64_t>{kLarge, kLarge});
  models.push_back(
      with_image("RoiAlign", {"image", "box", "zero"}).initializer(int64_tensor("zero", {1}, {0})));
  models.back().initializer(float_tensor("box", {1, 4}, {0, 0, 1, 1}));
  models.back().attribute("output_height", kLarge).attribute("output_width", kLarge);
  models.push_back(with_image("LpPool", {"image"}).attribute("kernel_shape", std::vector<int64_t>{1, 1}));
  models.back().attribute("pads", std::vector<int64_t>{0, 0, kLarge, kLarge});
  models.push_back(with_image("Einsum", {"row", "image", "row"}).attribute("equation", "i,bcde,j->ijb"));
  models.back().initializer(ramp("row", {kLarge}));
  models.push_back(with_image("GridSample", {"image", "grid"}).initializer(ramp("grid", {1, kLarge, 10, 2})));
  for (const ModelWriter& model : models) {
    const TemporaryFolder folder;
    const std::string op = model.proto.graph().node(1).op_type();
    try {
      import_onnx(model.write(folder.path() / "large.onnx"), options);
      ADD_FAILURE() << op << " was let through";
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr(op), testing::HasSubstr("must fit into")));
    }
  }
}

TEST(MemoryLimit, HoldsForTheFileBesideItsWeights) {
  const TemporaryFolder folder;
  constexpr int64_t kNumbers = 1 << 18;
  ModelWriter model;
  model.input("x", {-1, 4})
      .output("y")
      .initializer(ramp("b", {kNumbers / 4, 4}))
      .node("Add", {"x", "r"}, {"y"});
  model.node("ReduceMean", {"b"}, {"r"})
      .attribute("axes", std::vector<int64_t>{0})
      .attribute("keepdims", int64_t{0});
  const std::filesystem::path file = model.write(folder.path() / "x.onnx");
  const auto bytes = static_cast<int64_t>(std::filesystem::file_size(file));
  ImportOptions options;
  options.memory_limit = 2 * bytes - 2;
  EXPECT_THROW(import_onnx(file, options), std::invalid_argument);
  options.memory_limit = 8 * bytes;
  EXPECT_NO_THROW(import_onnx(file, options));
}

}  // namespace
}  // namespace shatterproof::memory_limit_test
