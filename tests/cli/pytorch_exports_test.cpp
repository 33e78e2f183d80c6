// SPDX-License-Identifier: Apache-2.0
// What PyTorch exports (tests/onnx/pytorch_models.py, which ran before) is what PyTorch computes, and every
// command takes it.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "shatterproof/dataset/npy.h"
#include "shatterproof/network/layer.h"
#include "shatterproof/onnx/import.h"
#include "tests/onnx/network_outputs.h"
#include "tests/support/command_runner.h"

namespace shatterproof::pytorch_exports_test {
namespace {

struct Exported {
  const char* network;
  size_t layers;
  size_t residual_sums;
  bool has_batch_norm;  ///< which the exporter's default, `eval`, folds into the convolutions
};

const Exported kNetworks[] = {
    {"mlp", 3, 0, false},  {"resnet", 9, 3, true},        {"unet", 8, 0, true},
    {"lstm", 5, 0, false}, {"transformer", 10, 4, false}, {"transformer_pre_norm", 10, 4, false},
};

struct Case {
  Exported exported;
  const char* mode;
  std::string name() const { return std::string(exported.network) + "_" + mode; }
  bool is_folded() const { return exported.has_batch_norm && std::string(mode) == "eval"; }
};

void PrintTo(const Case& each, std::ostream* stream) {
  *stream << each.name();
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Exported& exported : kNetworks) {
    for (const char* mode : {"eval", "training", "preserve"}) all.push_back({exported, mode});
  }
  return all;
}

class PytorchTest : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("SHATTERPROOF_PYTORCH_MODELS");
    if (!folder || !std::filesystem::exists(folder) || std::filesystem::is_empty(folder))
      GTEST_SKIP() << "PyTorch has exported nothing to SHATTERPROOF_PYTORCH_MODELS";
    stem_ = std::filesystem::path(folder) / GetParam().name();
    model_ = stem_.string() + ".onnx";
    input_ = (stem_ / "input.npy").string();
  }

  std::filesystem::path stem_;
  std::string model_, input_;
};

TEST_P(PytorchTest, ComputesWhatPytorchComputes) {
  const ImportedModel model = import_onnx(model_);
  EXPECT_TRUE(model.batch_verified);
  EXPECT_NE(model.batch_axis, BatchAxis::fixed);
  Batch batch;
  batch.inputs = {read_npy(input_)};
  const std::vector<at::Tensor> expected = {read_npy((stem_ / "output.npy").string())};
  constexpr double kOtherOrderOfSums = 1e-5;
  const bool trains = std::string(GetParam().mode) == "training";
  const BatchStatistics batch_norm = trains ? BatchStatistics::attached : BatchStatistics::stored;
  EXPECT_LE(difference(expected, outputs_of(model.network, batch, batch_norm)), kOtherOrderOfSums);
  // Twice as many examples, each as before: the frozen batch of the file has been freed.
  if (trains && GetParam().exported.has_batch_norm) return;  // statistics of the batch couple examples
  batch.inputs = {at::cat({batch.inputs[0], batch.inputs[0]})};
  const at::Tensor twice = outputs_of(model.network, batch, batch_norm)[0];
  EXPECT_LE(difference({at::cat({expected[0], expected[0]})}, {twice}), kOtherOrderOfSums);
}

TEST_P(PytorchTest, IsSeenAsItsLayers) {
  const ImportedModel model = import_onnx(model_);
  const Structure view = structure(model.network);
  EXPECT_EQ(view.layers.size(), GetParam().exported.layers);
  EXPECT_EQ(view.residual_sums.size(), GetParam().exported.residual_sums);
  for (const Layer& layer : view.layers) {
    EXPECT_TRUE(model.network.find_parameter(layer.weight)->trainable) << layer.weight;
  }
  EXPECT_EQ(model.folded_normalization, GetParam().is_folded());
}

TEST_P(PytorchTest, IsCheckedAndSaysWhereItsNormsWereFolded) {
  const cli::Ran ran = cli::run({"check", model_, "--inputs", input_, "--seeds", "1"});
  EXPECT_LE(ran.code, 1) << ran.err;
  EXPECT_THAT(ran.out, testing::HasSubstr("verdict"));
  EXPECT_EQ(ran.out.find("folded_normalization") != std::string::npos, GetParam().is_folded()) << ran.out;
}

TEST_P(PytorchTest, IsDrawnAnewWithTheNormsThatWereFolded) {
  const cli::Ran ran =
      cli::run({"measure", model_, "gradient_variance", "--inputs", input_, "--init", "he", "--seeds", "1"});
  EXPECT_EQ(ran.code, 0) << ran.err;
}

INSTANTIATE_TEST_SUITE_P(Exports, PytorchTest, testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param.name(); });

}  // namespace
}  // namespace shatterproof::pytorch_exports_test
