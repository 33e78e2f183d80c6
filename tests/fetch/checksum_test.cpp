// SPDX-License-Identifier: Apache-2.0
#include "cli/fetch/checksum.h"

#include <gtest/gtest.h>

#include "tests/fetch/published.h"

namespace shatterproof::cli::checksum_test {
namespace {

// The examples of FIPS 180-4 for one block, two blocks and a million letters.
TEST(Sha256, OfTheStandardsExamples) {
  const std::string abc = "abc", two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  EXPECT_EQ(published("", abc).sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(published("", two).sha256, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(published("", std::string(1'000'000, 'a')).sha256,
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, OfAFileIsThatOfItsBytes) {
  const TemporaryFolder folder;
  const std::string bytes((size_t{1} << 20) + 17, 'b');
  EXPECT_EQ(sha256_of(folder.write("a", bytes)), published("a", bytes).sha256);
  expect_refusal([&] { sha256_of(folder.file("none")); }, folder.file("none"), "cannot be read");
}

TEST(IsPublished, NeedsSizeAndChecksum) {
  const TemporaryFolder folder;
  const PublishedFile file = published("a", "bytes");
  EXPECT_TRUE(is_published(folder.write("a", "bytes"), file));
  EXPECT_FALSE(is_published(folder.write("a", "bytez"), file));
  EXPECT_FALSE(is_published(folder.write("a", "byte"), file));
  EXPECT_FALSE(is_published(folder.file("none"), file));
  EXPECT_FALSE(is_published(folder.path().string(), file));
}

}  // namespace
}  // namespace shatterproof::cli::checksum_test
