// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "shatterproof/initializer/catalog.h"
#include "shatterproof/onnx/export.h"
#include "shatterproof/onnx/import.h"
#include "tests/initializer/linear_network.h"
#include "tests/onnx/network_outputs.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::real_models_test {
namespace {

struct RealModel {
  const char* name;
  int64_t stored_numbers;
  BatchAxis batch_axis;
  bool folded_normalization;
};

void PrintTo(const RealModel& model, std::ostream* stream) {
  *stream << model.name;
}

// What MANIFEST.md says of each file.
const RealModel kModels[] = {
    {"cifar10_cnn_tf_small", 85220, BatchAxis::free, false},
    {"cifar10_resnet20_bn", 271130, BatchAxis::free, false},
    {"cifar10_resnet_2b", 112006, BatchAxis::generalized, false},
    {"cifar10_vit_pgd_2_3_16", 76186, BatchAxis::free, false},
    {"light_densenet121", 1967, BatchAxis::generalized, false},
    {"light_resnet50", 2194, BatchAxis::generalized, false},
    {"light_squeezenet", 757, BatchAxis::generalized, false},
    {"mnist_cnn_bn_pytorch", 376938, BatchAxis::generalized, false},
    {"mnist_cnn_cntk", 5996, BatchAxis::generalized, false},
    {"mnist_mlp_256x4", 400906, BatchAxis::generalized, false},
    {"mnist_mlp_relu_9x200", 440410, BatchAxis::generalized, false},
    {"mobile_face_rfb320_bn_nopost", 281135, BatchAxis::generalized, false},
    {"mobile_face_rfb320_simplified", 273912, BatchAxis::generalized, true},
    {"ssrnet_age_bn_ezkl", 45263, BatchAxis::generalized, false},
    {"transformer_block_ezkl", 53696, BatchAxis::free, false},
};

std::string models_folder() {
  const char* folder = std::getenv("SHATTERPROOF_DATA");
  return folder ? std::string(folder) + "/onnx" : "";
}

std::filesystem::path model_path(const std::string& name) {
  return models_folder() + "/" + name + ".onnx";
}

class RealModelTest : public testing::TestWithParam<RealModel> {
 protected:
  void SetUp() override {
    if (models_folder().empty()) GTEST_SKIP() << "SHATTERPROOF_DATA is not set";
    ASSERT_TRUE(std::filesystem::exists(model_path(GetParam().name)));
  }
};

TEST_P(RealModelTest, ImportsAsTheManifestSays) {
  const ImportedModel model = import_onnx(model_path(GetParam().name));
  EXPECT_EQ(model.stored_numbers, GetParam().stored_numbers);
  EXPECT_EQ(model.batch_axis, GetParam().batch_axis);
  EXPECT_TRUE(model.batch_verified);
  EXPECT_EQ(model.folded_normalization, GetParam().folded_normalization);
  EXPECT_GT(model.network.parameter_count(), 0);
  for (const Parameter& parameter : model.network.parameters()) {
    if (parameter.name.find("running") != std::string::npos) {
      EXPECT_FALSE(parameter.trainable) << parameter.name;
    }
  }
}

TEST_P(RealModelTest, ExportedAndImportedAgainGivesTheSameOutputs) {
  const Network network = import_onnx(model_path(GetParam().name)).network;
  const TemporaryFolder folder;
  export_onnx(network, folder.path() / "again.onnx");
  const ImportedModel again = import_onnx(folder.path() / "again.onnx");
  EXPECT_EQ(again.batch_axis, BatchAxis::free);
  EXPECT_EQ(again.network.parameter_count(), network.parameter_count());
  const Batch batch = random_batch(network, 2);
  constexpr double kSameOperations = 1e-6;  // a softmax over all axes is written as three nodes
  EXPECT_LE(difference(outputs_of(network, batch), outputs_of(again.network, batch)), kSameOperations);
}

INSTANTIATE_TEST_SUITE_P(Files, RealModelTest, testing::ValuesIn(kModels),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(RealModels, AgreeWhetherTheirBatchNormIsFoldedOrNot) {
  if (models_folder().empty()) GTEST_SKIP() << "SHATTERPROOF_DATA is not set";
  const Network kept = import_onnx(model_path("mobile_face_rfb320_bn_nopost")).network;
  const Network folded = import_onnx(model_path("mobile_face_rfb320_simplified")).network;
  const Batch batch = random_batch(kept, 2);
  constexpr double kFolding = 1e-5;
  EXPECT_LE(difference(outputs_of(kept, batch), outputs_of(folded, batch)), kFolding);
}

TEST(RealModels, OfRectifiersAloneCanLookLinear) {
  if (models_folder().empty()) GTEST_SKIP() << "SHATTERPROOF_DATA is not set";
  const Network mlp = import_onnx(model_path("mnist_mlp_256x4")).network;
  const Initialization drawn = initialize(mlp, "looks_linear", 1);
  EXPECT_TRUE(obstacles_of(drawn).empty());
  EXPECT_LE(nonlinearity_of(drawn.network, at::kDouble, true), rounding_of(at::kDouble));
  EXPECT_GT(nonlinearity_of(initialize(mlp, "he", 1).network, at::kDouble, true), .1);
  // Its last rectifier stands at the output.
  EXPECT_EQ(
      obstacles_of(initialize(import_onnx(model_path("mnist_mlp_relu_9x200")).network, "looks_linear", 1)),
      std::vector<std::string>{"not linear, giving out the halves (rho(z), rho(-z)) at: Relu_22"});
}

}  // namespace
}  // namespace shatterproof::real_models_test
