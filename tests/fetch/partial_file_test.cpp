// SPDX-License-Identifier: Apache-2.0
#include "cli/fetch/partial_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "tests/support/full_disk.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::cli::partial_file_test {
namespace {

TEST(PartialFile, KeepsItsBytesUntilTheyAreWhole) {
  const TemporaryFolder folder;
  const std::string name = folder.file("a"), partial = name + ".partial";
  PartialFile(name).append(std::string("half"));
  EXPECT_EQ(bytes_of_file(partial), "half");
  EXPECT_FALSE(std::filesystem::exists(name));
  {
    PartialFile rest(name);
    EXPECT_EQ(rest.size(), 4);
    rest.append(std::string(" and half"));
    rest.complete();
  }
  EXPECT_EQ(bytes_of_file(name), "half and half");
  EXPECT_FALSE(std::filesystem::exists(partial));
}

TEST(PartialFile, LeavesNothingWithoutAByte) {
  const TemporaryFolder folder;
  {
    PartialFile file(folder.file("a"));
    file.append(std::string("wrong"));
    file.clear();
    EXPECT_EQ(file.size(), 0);
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path().string()));
}

TEST(PartialFile, IsOneProgramsOnly) {
  const TemporaryFolder folder;
  PartialFile first(folder.file("a"));
  first.append(std::string("x"));
  expect_refusal([&] { PartialFile second(folder.file("a")); }, folder.file("a.partial"), "another program");
  EXPECT_EQ(bytes_of_file(folder.file("a.partial")), "x");
}

TEST(PartialFile, SaysWhatTheWorldRefuses) {
  const TemporaryFolder folder;
  expect_refusal([&] { PartialFile file(folder.file("none/a")); }, folder.file("none/a.partial"),
                 "cannot open for writing: No such file");
  const FullDisk full;
  expect_refusal([&] { PartialFile(folder.file("a")).append(std::string("x")); }, folder.file("a.partial"),
                 "cannot write: File too large");
}

TEST(PartialFile, DoesNotFollowALink) {
  const TemporaryFolder folder;
  const std::string target = folder.write("precious", "precious");
  std::filesystem::create_symlink(target, folder.file("a.partial"));
  expect_refusal([&] { PartialFile file(folder.file("a")); }, folder.file("a.partial"), "cannot open");
  EXPECT_EQ(bytes_of_file(target), "precious");
}

TEST(PartialFile, IsNoPipe) {
  const TemporaryFolder folder;
  ASSERT_EQ(mkfifo(folder.file("a.partial").c_str(), 0600), 0);
  expect_refusal([&] { PartialFile file(folder.file("a")); }, folder.file("a.partial"), "not a regular file");
}

}  // namespace
}  // namespace shatterproof::cli::partial_file_test
