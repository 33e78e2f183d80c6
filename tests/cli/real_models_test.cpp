// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/command_runner.h"

namespace shatterproof::cli::real_models_test {
namespace {

struct Trained {
  const char* name;
  std::vector<std::string> preprocessing;
  const char* accuracy;  // by an independent evaluator, on the same images
};

void PrintTo(const Trained& model, std::ostream* stream) {
  *stream << model.name;
}

const std::vector<std::string> kToUnit = {"--scale", "255"};

const Trained kCifar10[] = {
    {"cifar10_resnet20_bn",
     {"--scale", "255", "--mean", ".485,.456,.406", "--std", ".229,.224,.225"},
     "0.9164"},
    {"cifar10_resnet_2b",
     {"--scale", "255", "--mean", ".4914,.4822,.4465", "--std", ".2471,.2435,.2616"},
     "0.7040"},
    {"cifar10_cnn_tf_small", kToUnit, "0.6332"},
    {"cifar10_vit_pgd_2_3_16",
     {"--scale", "255", "--mean", ".4914,.4822,.4465", "--std", ".2023,.1994,.2010"},
     "0.6146"},
};

const Trained kMnist[] = {
    {"mnist_cnn_bn_pytorch", {"--scale", "255", "--mean", ".1307", "--std", ".3081"}, "0.9880"},
    {"mnist_cnn_cntk", {}, "0.9840"},
    {"mnist_mlp_256x4", kToUnit, "0.9670"},
    {"mnist_mlp_relu_9x200", kToUnit, "0.9365"},
};

class TrainedModel : public testing::TestWithParam<Trained> {
 protected:
  void SetUp() override {
    if (std::getenv("SHATTERPROOF_DATA") == nullptr) GTEST_SKIP() << "SHATTERPROOF_DATA is not set";
  }

  static std::string data(const std::string& name) {
    return std::string(std::getenv("SHATTERPROOF_DATA")) + "/" + name;
  }

  // On noise as on its own images: what a training has made is no sickness.
  static void expect_healthy(const std::string& images) {
    const std::string file = data(std::string("onnx/") + GetParam().name + ".onnx");
    for (const std::string& inputs : {std::string("gaussian"), images}) {
      std::vector<std::string> words = {"check",    file,   "--fail-on",           "watch",
                                        "--inputs", inputs, "--rehearsal-seconds", "60"};
      if (inputs == images)
        words.insert(words.end(), GetParam().preprocessing.begin(), GetParam().preprocessing.end());
      const Ran ran = run(words);
      EXPECT_EQ(ran.code, kHealthy) << ran.out << ran.err;
      EXPECT_THAT(ran.out, testing::HasSubstr("verdict   HEALTHY")) << inputs;
    }
  }

  static void expect_accuracy(std::vector<std::string> inputs, const char* count) {
    std::vector<std::string> words = {"evaluate", data(std::string("onnx/") + GetParam().name + ".onnx"),
                                      "--inputs"};
    words.insert(words.end(), inputs.begin(), inputs.end());
    words.insert(words.end(), GetParam().preprocessing.begin(), GetParam().preprocessing.end());
    const Ran ran = run(words);
    EXPECT_EQ(ran.code, kHealthy) << ran.err;
    EXPECT_THAT(ran.out, testing::HasSubstr(std::string("accuracy  ") + GetParam().accuracy + "\n"));
    EXPECT_THAT(ran.out, testing::HasSubstr(std::string("count     ") + count + "\n"));
  }
};

std::string name_of(const testing::TestParamInfo<Trained>& info) {
  return info.param.name;
}

class TrainedOnCifar10 : public TrainedModel {};
TEST_P(TrainedOnCifar10, HasTheAccuracyOfAnIndependentEvaluator) {
  expect_accuracy({"cifar10:" + data("cifar10/test_batch_first1017.bin")}, "1017");
}
TEST_P(TrainedOnCifar10, IsHealthy) {
  expect_healthy("cifar10:" + data("cifar10/test_batch_first1017.bin"));
}
INSTANTIATE_TEST_SUITE_P(Files, TrainedOnCifar10, testing::ValuesIn(kCifar10), name_of);

class TrainedOnMnist : public TrainedModel {};
TEST_P(TrainedOnMnist, HasTheAccuracyOfAnIndependentEvaluator) {
  expect_accuracy({"mnist:" + data("mnist/t10k-images-idx3-ubyte.gz"), "--batch", "2000"}, "2000");
}
TEST_P(TrainedOnMnist, IsHealthy) {
  expect_healthy("mnist:" + data("mnist/t10k-images-idx3-ubyte.gz"));
}
INSTANTIATE_TEST_SUITE_P(Files, TrainedOnMnist, testing::ValuesIn(kMnist), name_of);

}  // namespace
}  // namespace shatterproof::cli::real_models_test
