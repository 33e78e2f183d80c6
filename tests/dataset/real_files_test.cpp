// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "shatterproof/dataset/catalog.h"
#include "shatterproof/dataset/cifar10.h"
#include "shatterproof/dataset/mnist.h"

namespace shatterproof::real_files_test {
namespace {

class RealFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("SHATTERPROOF_DATA");
    if (!folder || !std::filesystem::exists(folder)) GTEST_SKIP() << "SHATTERPROOF_DATA names no folder";
    folder_ = folder;
  }
  std::string folder_;
};

void expect_near(const at::Tensor& measured, const std::vector<double>& expected, double tolerance) {
  for (int64_t i = 0; i < measured.numel(); ++i) {
    EXPECT_NEAR(measured[i].item<double>(), expected[static_cast<size_t>(i)], tolerance) << "channel " << i;
  }
}

TEST_F(RealFiles, Cifar10HasItsLabelsAndChannelStatistics) {
  const Images images = read_cifar10(folder_ + "/cifar10", {});
  ASSERT_EQ(images.pixels.size(0), 20000);
  EXPECT_TRUE(at::equal(images.labels.slice(0, 0, 10), at::tensor({6, 9, 9, 4, 1, 1, 2, 7, 8, 3})));
  // Of the 50,000 training images; these are the first 20,000 of them.
  constexpr double kSampling = 1;
  const at::Tensor pixels = images.pixels.to(at::kFloat);
  expect_near(pixels.mean(at::IntArrayRef{0, 2, 3}), {125.3069, 122.9504, 113.8654}, kSampling);
  expect_near(pixels.transpose(0, 1).flatten(1).std(1), {62.9932, 62.0887, 66.7049}, kSampling);
  EXPECT_EQ(read_cifar10(folder_ + "/cifar10/test_batch_first1017.bin", {}).pixels.size(0), 1017);
}

TEST_F(RealFiles, MnistHasItsLabelsAndMean) {
  const Images train = read_mnist(folder_ + "/mnist", {});
  ASSERT_EQ(train.pixels.sizes(), at::IntArrayRef({60000, 1, 28, 28}));
  EXPECT_TRUE(at::equal(train.labels.slice(0, 0, 10), at::tensor({5, 0, 4, 1, 9, 2, 1, 3, 1, 4})));
  EXPECT_NEAR(train.pixels.to(at::kFloat).mean().item<double>() / 255, .1307, 1e-4);
  const Images test = read_mnist(folder_ + "/mnist/t10k-images-idx3-ubyte.gz", {0, 2000});
  EXPECT_TRUE(at::equal(test.labels.slice(0, 0, 10), at::tensor({7, 2, 1, 0, 4, 1, 4, 9, 5, 9})));
}

TEST_F(RealFiles, ABatchIsReadAsANetworkTakesIt) {
  DatasetRequest request;
  request.source = "cifar10:" + folder_ + "/cifar10/data_batch_2.bin";
  request.range = {100, 256};
  request.preprocessing = {255, {.4914, .4822, .4465}, {.2470, .2435, .2616}};
  for (const std::vector<int64_t>& shape :
       std::vector<std::vector<int64_t>>{{-1, 3, 32, 32}, {-1, 32, 32, 3}, {-1, 3072}}) {
    const Batch batch = load_batch(request, {{"image", shape, at::kFloat}}, 1);
    EXPECT_EQ(batch.examples(), 256);
    EXPECT_EQ(batch.labels.numel(), 256);
    constexpr double kOf256Images = .2;
    EXPECT_NEAR(batch.inputs[0].mean().item<double>(), 0, kOf256Images);
    EXPECT_NEAR(batch.inputs[0].std().item<double>(), 1, kOf256Images);
  }
}

}  // namespace
}  // namespace shatterproof::real_files_test
