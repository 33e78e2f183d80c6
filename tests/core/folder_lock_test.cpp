// SPDX-License-Identifier: Apache-2.0
#include "core/folder_lock.h"

#include <gtest/gtest.h>

#include <optional>

#include "shatterproof/core/error.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::folder_lock_test {
namespace {

TEST(FolderLock, IsOneRunsOnly) {
  const TemporaryFolder folder;
  std::optional<FolderLock> first(folder.path());
  expect_refusal([&] { FolderLock second(folder.path()); }, folder.path().string(), "another run");
  first.reset();
  FolderLock third(folder.path());
}

TEST(FolderLock, LeavesNothing) {
  const TemporaryFolder folder;
  { FolderLock lock(folder.path()); }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(FolderLock, NeedsItsFolder) {
  const TemporaryFolder folder;
  expect_refusal([&] { FolderLock lock(folder.file("none")); }, folder.file("none"), "cannot lock: No such");
}

}  // namespace
}  // namespace shatterproof::folder_lock_test
