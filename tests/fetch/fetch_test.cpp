// SPDX-License-Identifier: Apache-2.0
#include "cli/fetch/fetch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "shatterproof/core/interrupt.h"
#include "tests/fetch/published.h"
#include "tests/fetch/server.h"

namespace shatterproof::cli::fetch_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A data set of a file and an archive with two members, on a server of the test's own.
class FetchTest : public testing::Test {
 protected:
  FetchTest() {
    served_.write("labels.gz", labels_);
    served_.write("images.tar.gz", archive_);
  }

  DatasetSource source(const std::string& way) const {
    return {"sample",
            server_.url(way),
            {{published("labels.gz", labels_), {}},
             {published("images.tar.gz", archive_), {published("in/one", one_), published("in/two", two_)}}},
            "",
            ""};
  }
  Fetched fetch_from(const std::string& way) const { return fetch(source(way), into_, silence()); }
  std::string there(const std::string& name) const { return bytes_of_file(into_ + "/" + name); }
  bool exists(const std::string& name) const { return std::filesystem::exists(into_ + "/" + name); }
  void expect_whole() const {
    EXPECT_EQ(there("labels.gz"), labels_);
    EXPECT_EQ(there("one"), one_);
    EXPECT_EQ(there("two"), two_);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(into_), {}), 3);
  }

  const std::string labels_ = std::string(2000, 'l') + std::string(1000, 'm');
  const std::string one_ = std::string(5000, '1'), two_ = std::string(3000, '2');
  const std::string archive_ = packed({{"in/one", one_}, {"in/two", two_}, {"in/readme", "no"}});
  const TemporaryFolder served_, folder_;
  const std::string into_ = folder_.file("made/anew");
  const Server server_{served_.path()};
};

TEST_F(FetchTest, BringsEveryFileAndNothingElse) {
  const Fetched fetched = fetch_from("whole");
  expect_whole();
  EXPECT_EQ(fetched.downloaded, 2);
  EXPECT_THAT(fetched.files, ElementsAre(into_ + "/labels.gz", into_ + "/one", into_ + "/two"));
  EXPECT_THAT(server_.requests(), ElementsAre("/whole/labels.gz 0", "/whole/images.tar.gz 0"));
}

TEST_F(FetchTest, ASecondCallAsksForNothing) {
  const Fetched first = fetch_from("whole"), second = fetch_from("whole");
  EXPECT_EQ(second.downloaded, 0);
  EXPECT_EQ(second.files, first.files);
  EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(FetchTest, ReplacesWhatIsNotThePublishedFileAndSaysSo) {
  fetch_from("whole");
  std::ofstream(into_ + "/two") << std::string(3000, '3');
  std::vector<std::string> remarks;
  FetchTalk talk = silence();
  talk.remark = [&](const std::string& line) { remarks.push_back(line); };
  fetch(source("whole"), into_, talk);
  expect_whole();
  EXPECT_THAT(remarks, ElementsAre(into_ + "/two is not the published file and is replaced"));
  EXPECT_EQ(server_.requests().size(), 3U) << "the archive once more, nothing else";
}

TEST_F(FetchTest, TakesAnArchiveThatLiesThereAndLeavesIt) {
  std::filesystem::create_directories(into_);
  std::ofstream(into_ + "/images.tar.gz") << archive_;
  EXPECT_EQ(fetch_from("whole").downloaded, 1);
  EXPECT_EQ(there("one"), one_);
  EXPECT_EQ(there("images.tar.gz"), archive_);
}

TEST_F(FetchTest, GoesOnWhereAnInterruptedDownloadStopped) {
  const std::string half = std::to_string(labels_.size() / 2);
  expect_refusal([&] { fetch_from("cut"); }, server_.url("cut") + "labels.gz",
                 half + " of 3000 bytes are kept, and the same command goes on from there");
  EXPECT_FALSE(exists("labels.gz"));
  fetch_from("whole");
  expect_whole();
  EXPECT_THAT(server_.requests(),
              ElementsAre("/cut/labels.gz 0", "/whole/labels.gz " + half, "/whole/images.tar.gz 0"));
}

TEST_F(FetchTest, BeginsAnewWhereTheServerKnowsNoRanges) {
  EXPECT_THROW(fetch_from("cut"), IoError);
  fetch_from("plain");
  expect_whole();
}

TEST_F(FetchTest, BeginsAnewWhenWhatWasKeptIsWrong) {
  std::filesystem::create_directories(into_);
  std::ofstream(into_ + "/labels.gz.partial") << std::string(1500, 'x');
  std::ofstream(into_ + "/images.tar.gz.partial") << archive_ << "more than is published";
  fetch_from("whole");
  expect_whole();
  EXPECT_THAT(server_.requests(),
              ElementsAre("/whole/labels.gz 1500", "/whole/labels.gz 0", "/whole/images.tar.gz 0"));
}

TEST_F(FetchTest, UnpacksAnArchiveThatHadComeWhole) {
  std::filesystem::create_directories(into_);
  std::ofstream(into_ + "/images.tar.gz.partial") << archive_;
  EXPECT_EQ(fetch_from("whole").downloaded, 1) << "only the labels";
  expect_whole();
}

TEST_F(FetchTest, FollowsARedirection) {
  fetch_from("moved");
  expect_whole();
}

TEST_F(FetchTest, TellsHowFarItIs) {
  std::vector<int64_t> bytes;
  FetchTalk talk = silence();
  talk.progress = [&](const PublishedFile& file, int64_t there) {
    if (file.name == "labels.gz") bytes.push_back(there);
  };
  fetch(source("whole"), into_, talk);
  ASSERT_FALSE(bytes.empty());
  EXPECT_TRUE(std::is_sorted(bytes.begin(), bytes.end()));
  EXPECT_EQ(bytes.back(), 3000);
}

TEST_F(FetchTest, StopsAtCtrlCAndGoesOnLater) {
  FetchTalk talk = silence();
  talk.progress = [](const PublishedFile&, int64_t there) {
    if (there > 0) request_interrupt();
  };
  EXPECT_THROW(fetch(source("slow"), into_, talk), Interrupted);
  clear_interrupt();
  EXPECT_TRUE(exists("labels.gz.partial"));
  EXPECT_FALSE(exists("labels.gz"));
  fetch_from("whole");
  expect_whole();
  EXPECT_THAT(server_.requests().at(1), testing::Not(HasSubstr(" 0"))) << "from the middle";
}

}  // namespace
}  // namespace shatterproof::cli::fetch_test
