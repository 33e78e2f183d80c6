// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/dataset/projection.h"

#include <ATen/ATen.h>

#include <fstream>

#include "shatterproof/dataset/catalog.h"
#include "tests/matchers.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::projection_test {
namespace {

// Orthonormal in double, rounded to float32.
constexpr double kSinglePrecision = 1e-5;

TEST(OrthogonalProjection, HasOrthonormalDirections) {
  const at::Tensor directions = orthogonal_projection(at::eye(40), 7);  // [40, 7]
  const at::Tensor gram = directions.t().matmul(directions);
  EXPECT_LT((gram - at::eye(7)).abs().max().item<double>(), kSinglePrecision);
}

TEST(OrthogonalProjection, ToAllNumbersKeepsLengths) {
  const at::Tensor x = at::arange(60, at::kFloat).view({3, 4, 5});
  EXPECT_LT((orthogonal_projection(x, 20).norm(2, 1) - x.flatten(1).norm(2, 1)).abs().max().item<double>(),
            kSinglePrecision * 100);
}

TEST(OrthogonalProjection, IsOneMapForAllExamples) {
  const at::Tensor x = at::arange(60, at::kFloat).view({3, 20});
  const at::Tensor together = orthogonal_projection(x, 6);
  EXPECT_TRUE(together.narrow(0, 1, 1).allclose(orthogonal_projection(x.narrow(0, 1, 1), 6)));
}

TEST(OrthogonalProjection, RefusesMoreNumbersThanThereAre) {
  EXPECT_THROW(orthogonal_projection(at::ones({2, 5}), 6), std::invalid_argument);
  EXPECT_THROW(orthogonal_projection(at::ones({2, 5}), 0), std::invalid_argument);
}

TEST(OrthogonalProjection, IsWrittenBehindAnImageFile) {
  const TemporaryFolder folder;
  const std::string path = folder.file("data_batch_1.bin");
  constexpr int64_t kPixels = 3072;
  at::Tensor pixels = at::empty({2, kPixels}, at::kByte);
  {
    std::ofstream file(path, std::ios::binary);
    for (int64_t example = 0; example < 2; ++example) {
      file.put(static_cast<char>(example + 3));
      for (int64_t i = 0; i < kPixels; ++i) {
        pixels[example][i] = (i * 7 + example * 11) % 256;
        file.put(static_cast<char>((i * 7 + example * 11) % 256));
      }
    }
  }
  const std::vector<Input> inputs = {{"input", {-1, 10}, at::kFloat}};
  DatasetRequest request{.source = "cifar10:" + path + ",project=10"};
  request.preprocessing.scale = 255;
  const Batch batch = load_batch(request, inputs, 1);
  EXPECT_TRUE(batch.inputs[0].allclose(orthogonal_projection(pixels.to(at::kFloat) / 255, 10)));
  EXPECT_EQ(batch.labels[1].item<int64_t>(), 4);
  request.source = "cifar10:" + path + ",project=11";
  EXPECT_THROW(load_batch(request, inputs, 1), std::invalid_argument);
  request.source = "cifar10:" + path + ",project=many";
  EXPECT_THROW(load_batch(request, inputs, 1), std::invalid_argument);
}

}  // namespace
}  // namespace shatterproof::projection_test
