// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/dataset/images.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "shatterproof/dataset/cifar10.h"
#include "shatterproof/dataset/mnist.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::images_test {
namespace {

constexpr size_t kRecord = 3073;

// Records whose label and pixels are functions of their number.
std::string cifar_records(int first, int count) {
  std::string bytes;
  for (int record = first; record < first + count; ++record) {
    bytes += static_cast<char>(record % 10);
    for (int i = 0; i < 3072; ++i) bytes += static_cast<char>((record * 7 + i) % 256);
  }
  return bytes;
}

TEST(Cifar10, ReadsLabelsAndChannelsRowByRow) {
  const TemporaryFolder folder;
  const Images images = read_cifar10(folder.write("test.bin", cifar_records(0, 4)), {});
  EXPECT_EQ(images.pixels.sizes(), at::IntArrayRef({4, 3, 32, 32}));
  EXPECT_EQ(images.pixels.scalar_type(), at::kByte);
  EXPECT_TRUE(at::equal(images.labels, at::arange(4)));
  EXPECT_EQ(images.pixels[2][1][3][5].item<int64_t>(), (2 * 7 + 1024 + 3 * 32 + 5) % 256);
}

TEST(Cifar10, AFolderIsItsTrainingBatchesOneAfterTheOther) {
  const TemporaryFolder folder;
  folder.write("test_batch.bin", cifar_records(5, 2));
  EXPECT_TRUE(at::equal(read_cifar10(folder.path().string(), {}).labels, at::tensor({5, 6})));
  folder.write("data_batch_2.bin", cifar_records(3, 2));
  folder.write("data_batch_1.bin", cifar_records(0, 3));
  folder.write("batches.meta.txt", "airplane");
  EXPECT_TRUE(at::equal(read_cifar10(folder.path().string(), {}).labels, at::arange(5)));
}

TEST(Cifar10, ARangeMayCrossFiles) {
  const TemporaryFolder folder;
  folder.write("data_batch_1.bin", cifar_records(0, 3));
  folder.write("data_batch_2.bin", cifar_records(3, 3));
  for (int64_t first = 0; first < 6; ++first) {
    for (int64_t count = 1; first + count <= 6; ++count) {
      const Images images = read_cifar10(folder.path().string(), {first, count});
      EXPECT_TRUE(at::equal(images.labels, at::arange(first, first + count)));
      EXPECT_EQ(images.pixels[count - 1][0][0][0].item<int64_t>(), (first + count - 1) * 7);
    }
  }
}

TEST(Cifar10, RangesOutsideTheFileAreRefused) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a.bin", cifar_records(0, 3));
  for (const ExampleRange& range :
       std::vector<ExampleRange>{{0, 4}, {3, 0}, {2, 2}, {-1, 2}, {0, -1}, {5, 1}}) {
    EXPECT_THROW(read_cifar10(path, range), std::invalid_argument) << range.first << " " << range.count;
  }
  EXPECT_EQ(read_cifar10(path, {1, 100, true}).pixels.size(0), 2);
  EXPECT_EQ(read_cifar10(path, {0, 2, true}).pixels.size(0), 2);
}

TEST(Cifar10, OtherFilesAreRefused) {
  const TemporaryFolder folder;
  const std::string whole = cifar_records(0, 2);
  for (const size_t length : {size_t{0}, size_t{1}, kRecord - 1, kRecord + 1, 2 * kRecord - 1}) {
    const std::string path = folder.write("cut.bin", whole.substr(0, length));
    expect_refusal([&] { read_cifar10(path, {}); }, path, "no whole number of 3073-byte records");
  }
  std::string mislabelled = whole;
  mislabelled[kRecord] = 10;
  const std::string path = folder.write("labels.bin", mislabelled);
  expect_refusal([&] { read_cifar10(path, {}); }, path, "record 1 has label 10");
  EXPECT_EQ(read_cifar10(path, {0, 1}).labels.item<int64_t>(), 0) << "only what is asked for is read";
  expect_refusal([&] { read_cifar10(folder.path().string(), {}); }, folder.path().string(),
                 "has no data_batch*.bin");
  expect_refusal([&] { read_cifar10(folder.file("no.bin"), {}); }, folder.file("no.bin"), "no such file");
}

std::string big_endian(uint32_t number) {
  return {static_cast<char>(number >> 24), static_cast<char>(number >> 16), static_cast<char>(number >> 8),
          static_cast<char>(number)};
}

std::string idx_images(uint32_t count, uint32_t height = 2, uint32_t width = 3) {
  std::string bytes = big_endian(0x803) + big_endian(count) + big_endian(height) + big_endian(width);
  for (uint32_t i = 0; i < count * height * width; ++i) bytes += static_cast<char>(i);
  return bytes;
}

std::string idx_labels(uint32_t count) {
  std::string bytes = big_endian(0x801) + big_endian(count);
  for (uint32_t i = 0; i < count; ++i) bytes += static_cast<char>(i % 10);
  return bytes;
}

TEST(Mnist, ReadsImagesAndTheLabelsBesideThemGzippedOrNot) {
  const TemporaryFolder folder;
  const std::string plain = folder.write("t10k-images-idx3-ubyte", idx_images(5));
  EXPECT_FALSE(read_mnist(plain, {}).labels.defined()) << "there are none";
  folder.write_gzipped("t10k-labels-idx1-ubyte.gz", idx_labels(5));
  folder.write("train-labels-idx1-ubyte", idx_labels(7));
  const std::string zipped = folder.write_gzipped("train-images-idx3-ubyte.gz", idx_images(7));
  for (const auto& [path, count] :
       {std::pair(plain, 5), std::pair(zipped, 7), std::pair(folder.path().string(), 7)}) {
    const Images images = read_mnist(path, {});
    EXPECT_EQ(images.pixels.sizes(), at::IntArrayRef({count, 1, 2, 3})) << path;
    EXPECT_TRUE(at::equal(images.pixels.flatten(), at::arange(6 * count).to(at::kByte)));
    EXPECT_TRUE(at::equal(images.labels, at::arange(count)));
    const Images some = read_mnist(path, {2, 3});
    EXPECT_TRUE(at::equal(some.pixels.flatten(), at::arange(12, 30).to(at::kByte)));
    EXPECT_TRUE(at::equal(some.labels, at::arange(2, 5)));
    EXPECT_THROW(read_mnist(path, {0, count + 1}), std::invalid_argument);
  }
}

TEST(Mnist, EveryTruncationIsRefused) {
  const TemporaryFolder folder;
  const std::string plain = idx_images(3);
  const std::string zipped = bytes_of_file(folder.write_gzipped("whole", plain));
  for (const std::string& bytes : {plain, zipped}) {
    for (size_t length = 0; length < bytes.size(); ++length) {
      const std::string path = folder.write("cut", bytes.substr(0, length));
      expect_refusal([&] { read_mnist(path, {}); }, path, "");
    }
  }
}

TEST(Mnist, EveryDamagedByteOfAGzippedFileIsRefusedOrHarmless) {
  const TemporaryFolder folder;
  const std::string plain = idx_images(3);
  const std::string zipped = bytes_of_file(folder.write_gzipped("whole", plain));
  const at::Tensor expected = at::arange(18).to(at::kByte);
  for (size_t i = 0; i < zipped.size(); ++i) {
    std::string damaged = zipped;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
    const std::string path = folder.write("damaged", damaged);
    try {
      EXPECT_TRUE(at::equal(read_mnist(path, {}).pixels.flatten(), expected)) << "byte " << i;
    } catch (const IoError& error) {
      EXPECT_THAT(error.what(), ::testing::StartsWith(path + ": "));
    }
  }
}

TEST(Mnist, HostileSizesDoNotAskForMemory) {
  const TemporaryFolder folder;
  for (const auto& sizes : std::vector<std::vector<uint32_t>>{{0xffffffff, 28, 28},
                                                              {0, 28, 28},
                                                              {1, 0, 28},
                                                              {1, 0xffffffff, 0xffffffff},
                                                              {65536, 65536, 65536}}) {
    const std::string path = folder.write("hostile", big_endian(0x803) + big_endian(sizes[0]) +
                                                         big_endian(sizes[1]) + big_endian(sizes[2]) + "x");
    expect_refusal([&] { read_mnist(path, {}); }, path, "empty or too large");
  }
  const std::string large =
      folder.write("large", big_endian(0x803) + big_endian(2000000) + big_endian(28) + big_endian(28) + "x");
  expect_refusal([&] { read_mnist(large, {}); }, large, "ends early");
  expect_refusal([&] { read_mnist(large, {1999999, 1}); }, large, "ends early");
}

TEST(Mnist, OtherFilesAreRefused) {
  const TemporaryFolder folder;
  const std::string labels = folder.write("x-labels-idx1-ubyte", idx_labels(3));
  expect_refusal([&] { read_mnist(labels, {}); }, labels, "has magic 00000801");
  const std::string longer = folder.write("longer", idx_images(3) + "x");
  expect_refusal([&] { read_mnist(longer, {}); }, longer, "goes on after its last entry");
  expect_refusal([&] { read_mnist(folder.path().string(), {}); }, folder.path().string(),
                 "has no train-images-idx3-ubyte");
  expect_refusal([&] { read_mnist(folder.file("no"), {}); }, folder.file("no"), "no such file");

  const std::string images = folder.write("x-images-idx3-ubyte", idx_images(4));
  expect_refusal([&] { read_mnist(images, {}); }, labels, "has 3 labels for 4 images");
  folder.write("x-labels-idx1-ubyte", big_endian(0x801) + big_endian(4) + std::string("\1\2\xa\3", 4));
  expect_refusal([&] { read_mnist(images, {}); }, labels, "label 10 of example 2");
}

}  // namespace
}  // namespace shatterproof::images_test
