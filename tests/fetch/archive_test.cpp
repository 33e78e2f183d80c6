// SPDX-License-Identifier: Apache-2.0
#include "cli/fetch/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fetch/published.h"

namespace shatterproof::cli::archive_test {
namespace {

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  return names;
}

TEST(Unpack, WritesTheNamedMembersAndNoOthers) {
  const TemporaryFolder folder;
  const std::string archive =
      folder.write("a.tar.gz", packed({{"in/one", "1"}, {"in/other", "-"}, {"in/two", "22"}}));
  const std::string into = folder.file("into");
  std::filesystem::create_directory(into);
  const std::vector<PublishedFile> members = {published("in/two", "22"), published("in/one", "1")};
  unpack(archive, members, into);
  EXPECT_THAT(names_in(into), testing::UnorderedElementsAre("one", "two"));
  EXPECT_EQ(bytes_of_file(into + "/two"), "22");
}

TEST(Unpack, NeverWritesOutsideItsFolder) {
  const TemporaryFolder folder;
  const std::string archive = folder.write(
      "a.tar.gz", packed({{"../up", "u"}, {"../../far", "f"}, {folder.file("absolute"), "a"}, {"in", "i"}}));
  const std::string into = folder.file("into");
  std::filesystem::create_directory(into);
  unpack(archive, std::vector{published("in", "i")}, into);
  EXPECT_THAT(names_in(into), testing::ElementsAre("in"));
  EXPECT_THAT(names_in(folder.path().string()), testing::UnorderedElementsAre("a.tar.gz", "into"));
  // Even a member that was asked for by such a path stays inside.
  unpack(archive, std::vector{published("../up", "u")}, into);
  EXPECT_THAT(names_in(into), testing::UnorderedElementsAre("in", "up"));
  EXPECT_THAT(names_in(folder.path().string()), testing::UnorderedElementsAre("a.tar.gz", "into"));
}

TEST(Unpack, RefusesWhatIsNotPublishedAndLeavesNothingOfIt) {
  const TemporaryFolder folder;
  const std::string archive = folder.write("a.tar.gz", packed({{"one", "bytes"}}));
  const std::string into = folder.file("into");
  std::filesystem::create_directory(into);
  for (const char* bytes : {"bytez", "byte", "bytes and more"}) {
    expect_refusal([&] { unpack(archive, std::vector{published("one", bytes)}, into); }, archive,
                   "its one is not the published file");
  }
  expect_refusal([&] { unpack(archive, std::vector{published("two", "2")}, into); }, archive, "has no two");
  EXPECT_TRUE(std::filesystem::is_empty(into));
}

TEST(Unpack, RefusesWhatIsNoArchive) {
  const TemporaryFolder folder;
  const std::vector<PublishedFile> members = {published("one", std::string(5000, 'x'))};
  const std::string whole = packed({{"one", std::string(5000, 'x')}});
  const std::string cut = folder.write("cut.tar.gz", whole.substr(0, whole.size() / 2));
  EXPECT_THROW(unpack(cut, members, folder.path().string()), IoError);
  const std::string text = folder.write("text.tar.gz", "this is no archive\n");
  EXPECT_THROW(unpack(text, members, folder.path().string()), IoError);
  EXPECT_THROW(unpack(folder.file("none.tar.gz"), members, folder.path().string()), IoError);
  EXPECT_FALSE(std::filesystem::exists(folder.file("one")));
}

}  // namespace
}  // namespace shatterproof::cli::archive_test
