// SPDX-License-Identifier: Apache-2.0
#include "core/text_file.h"

#include <gtest/gtest.h>

#include "shatterproof/core/error.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::text_file_test {
namespace {

TEST(TextFile, IsReadWhole) {
  const TemporaryFolder folder;
  const std::string text = std::string(70'000, 'a') + '\0' + "b\n";
  EXPECT_EQ(text_of_file(folder.write("a", text), text.size()), text);
  EXPECT_EQ(text_of_file(folder.write("empty", ""), 10), "");
}

TEST(TextFile, ThatIsTooLongIsRefusedBeforeItsEnd) {
  const TemporaryFolder folder;
  const std::string path = folder.write("a", std::string(11, 'a'));
  expect_refusal([&] { text_of_file(path, 10); }, path, "more than 10 bytes");
  if (!std::filesystem::exists("/dev/zero")) GTEST_SKIP() << "no /dev/zero here";
  expect_refusal([&] { text_of_file("/dev/zero", 1 << 20); }, "/dev/zero", "more than 1048576 bytes");
}

TEST(TextFile, ThatIsNoneIsRefused) {
  const TemporaryFolder folder;
  expect_refusal([&] { text_of_file(folder.file("a"), 10); }, folder.file("a"), "No such file");
  expect_refusal([&] { text_of_file(folder.path().string(), 10); }, folder.path().string(), "directory");
}

}  // namespace
}  // namespace shatterproof::text_file_test
