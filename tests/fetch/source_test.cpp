// SPDX-License-Identifier: Apache-2.0
#include "cli/fetch/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "shatterproof/dataset/catalog.h"

namespace shatterproof::cli::source_test {
namespace {

using testing::ElementsAre;

class EverySource : public testing::TestWithParam<DatasetSource> {};

TEST_P(EverySource, IsOfADatasetOfTheCatalogAndComesOverHttps) {
  EXPECT_NE(find_dataset(GetParam().name), nullptr);
  EXPECT_THAT(GetParam().url, testing::AllOf(testing::StartsWith("https://"), testing::EndsWith("/")));
}

TEST_P(EverySource, SaysSizeAndChecksumOfEveryFile) {
  std::set<std::string> sums;
  size_t files = 0;
  for (const Download& download : GetParam().downloads) {
    std::vector<PublishedFile> all = download.members;
    all.push_back(download.file);
    for (const PublishedFile& file : all) {
      EXPECT_GT(file.bytes, 0) << file.name;
      EXPECT_EQ(file.sha256.size(), 64U) << file.name;
      EXPECT_EQ(file.sha256.find_first_not_of("0123456789abcdef"), std::string::npos) << file.name;
      sums.insert(file.sha256);
      ++files;
    }
  }
  EXPECT_EQ(sums.size(), files) << "a checksum stands twice";
}

TEST_P(EverySource, KeepsTheFileOfItsTestImages) {
  std::vector<std::string> kept;
  for (const Download& download : GetParam().downloads) {
    for (const PublishedFile& file : download.kept())
      kept.push_back(file.name.substr(file.name.rfind('/') + 1));
  }
  EXPECT_THAT(kept, testing::Contains(GetParam().test));
}

INSTANTIATE_TEST_SUITE_P(Sources, EverySource, testing::ValuesIn(dataset_sources()),
                         [](const auto& tested) { return tested.param.name; });

TEST(DatasetSource, OfAnUnknownNameListsTheKnownOnes) {
  EXPECT_THAT([] { dataset_source("cifar11"); },
              testing::ThrowsMessage<std::invalid_argument>(
                  "data fetch: unknown data set 'cifar11'; did you mean 'cifar10'? known: cifar10, mnist"));
}

TEST(TrainingWords, NameTheFolderAndTheFileOfTestImages) {
  const DatasetSource source{"cifar10", "", {}, "thin:depth=30", "test.bin"};
  EXPECT_THAT(training_words(source, "a/b"), ElementsAre("train", "thin:depth=30", "--data", "cifar10:a/b",
                                                         "--test", "cifar10:a/b/test.bin", "--standardize"));
}

}  // namespace
}  // namespace shatterproof::cli::source_test
