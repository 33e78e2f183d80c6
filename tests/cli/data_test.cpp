// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/fetch/source.h"
#include "tests/support/command_runner.h"

namespace shatterproof::cli::data_test {
namespace {

namespace fs = std::filesystem;

constexpr int kExamples = 4;

// Bytes that differ from each other.
std::string pixels(int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(i * i % 251);
  return bytes;
}

std::string big_endian(int value) {
  return {0, 0, static_cast<char>(value >> 8), static_cast<char>(value)};
}

// A few examples in the layout of a file of that name.
std::string examples_of(const std::string& name) {
  constexpr int kCifarPixels = 3 * 32 * 32, kMnistSide = 28;
  std::string bytes;
  if (name.ends_with(".bin")) {
    for (int i = 0; i < kExamples; ++i) bytes += static_cast<char>(i) + pixels(kCifarPixels);
  } else if (name.find("images") != std::string::npos) {
    bytes = big_endian(0x803) + big_endian(kExamples) + big_endian(kMnistSide) + big_endian(kMnistSide) +
            pixels(kExamples * kMnistSide * kMnistSide);
  } else {
    bytes = big_endian(0x801) + big_endian(kExamples) + std::string("\0\1\2\3", kExamples);
  }
  return bytes;
}

TEST(DataFetch, TheCommandLineItPrintsTrainsOnWhatItFetches) {
  for (const DatasetSource& source : dataset_sources()) {
    const fs::path folder = scratch() / ("fetched " + source.name);
    fs::create_directories(folder);
    for (const Download& download : source.downloads) {
      for (const PublishedFile& file : download.kept()) {
        const std::string name = fs::path(file.name).filename().string();
        write_bytes(folder / name, examples_of(name));
      }
    }
    std::vector<std::string> words = training_words(source, folder.string());
    words.insert(words.end(), {"--epochs", "1", "--threads", "1"});
    const Ran ran = run(words);
    EXPECT_EQ(ran.code, kHealthy) << source.name << ": " << ran.err;
    EXPECT_EQ(lines_of(ran.out).size(), 2U) << ran.out;
  }
}

}  // namespace
}  // namespace shatterproof::cli::data_test
