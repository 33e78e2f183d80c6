// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "cli/fetch/download.h"
#include "cli/fetch/fetch.h"
#include "tests/fetch/published.h"
#include "tests/fetch/server.h"
#include "tests/support/full_disk.h"

namespace shatterproof::cli::refusal_test {
namespace {

// One file on a server of the test's own, fetched in ways that must fail.
class FetchRefusal : public testing::Test {
 protected:
  FetchRefusal() { served_.write("a", bytes_); }

  void expect_refused(const std::string& url, const std::string& cause) const {
    const DatasetSource source{"sample", url, {{published("a", bytes_), {}}}, "", ""};
    expect_refusal([&] { fetch(source, into_, silence()); }, url + "a", cause);
    EXPECT_FALSE(std::filesystem::exists(into_ + "/a"));
  }
  bool is_empty() const { return std::filesystem::is_empty(into_); }

  const std::string bytes_ = std::string(4000, 'a');
  const TemporaryFolder served_, folder_;
  const std::string into_ = folder_.path().string();
};

TEST_F(FetchRefusal, OfAnotherChecksum) {
  const Server server(served_.path());
  served_.write("a", std::string(4000, 'b'));
  expect_refused(server.url("whole"), "has SHA-256 ");
  EXPECT_TRUE(is_empty());
  EXPECT_EQ(server.requests().size(), 1U) << "the same server would send the same again";
}

TEST_F(FetchRefusal, OfAnotherLength) {
  const Server server(served_.path());
  expect_refused(server.url("short"), "has 2000 bytes, the published file 4000");
  EXPECT_TRUE(is_empty());
  expect_refused(server.url("long"), "is longer than the published file, which has 4000 bytes");
  EXPECT_TRUE(is_empty());
}

TEST_F(FetchRefusal, OfAnAnswerThatBreaksOff) {
  const Server server(served_.path());
  expect_refused(server.url("cut"), "2000 of 4000 bytes are kept");
  expect_refused(server.url("cut"), "3000 of 4000 bytes are kept");
}

TEST_F(FetchRefusal, OfWhatIsNotThere) {
  const Server server(served_.path());
  expect_refused(server.url("nowhere"), "the server answers 404");
  EXPECT_TRUE(is_empty());
}

TEST_F(FetchRefusal, OfAConnection) {
  std::string url;
  {
    const Server server(served_.path());
    url = server.url("whole");
  }
  expect_refused(url, "cannot be fetched: Failed to connect");
  EXPECT_TRUE(is_empty());
}

TEST_F(FetchRefusal, OfACertificateThatNobodyTrusts) {
  const std::string certificate = folder_.file("certificate");
  const std::string words =
      "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -keyout '" + certificate +
      ".key' -out '" + certificate + "' 2>/dev/null";
  if (std::system(words.c_str()) != 0) GTEST_SKIP() << "no openssl here";
  served_.write("both", bytes_of_file(certificate) + bytes_of_file(certificate + ".key"));
  std::filesystem::remove(certificate);
  std::filesystem::remove(certificate + ".key");
  const Server server(served_.path(), served_.file("both"));
  expect_refused(server.url("whole"), "certificate");
  EXPECT_TRUE(is_empty());
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(FetchRefusal, OfAFullDisk) {
  const Server server(served_.path());
  const FullDisk full;
  const DatasetSource source{"sample", server.url("whole"), {{published("a", bytes_), {}}}, "", ""};
  expect_refusal([&] { fetch(source, into_, silence()); }, into_ + "/a.partial", "File too large");
  EXPECT_TRUE(is_empty());
}

TEST_F(FetchRefusal, OfAnotherKindOfFileUnderTheName) {
  const Server server(served_.path());
  const std::string precious = folder_.write("precious", "precious");
  std::filesystem::create_symlink(folder_.file("precious"), into_ + "/a");
  const DatasetSource source{"sample", server.url("whole"), {{published("a", bytes_), {}}}, "", ""};
  expect_refusal([&] { fetch(source, into_, silence()); }, into_ + "/a", "not a regular file");
  EXPECT_EQ(bytes_of_file(precious), "precious");
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(FetchRefusal, ShowsNoPasswordAndLeavesNoFolder) {
  const DatasetSource source{
      "sample", "http://user:secret@127.0.0.1:1/", {{published("a", bytes_), {}}}, "", ""};
  const std::string folder = into_ + "/new";
  expect_refusal([&] { fetch(source, folder, silence()); }, "http://127.0.0.1:1/a", "cannot be fetched");
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST(ShownUrl, HidesUserAndPasswordOnly) {
  EXPECT_EQ(shown_url("https://a.b/c@d?e@f"), "https://a.b/c@d?e@f");
  EXPECT_EQ(shown_url("https://u:p@a.b/c"), "https://a.b/c");
  EXPECT_EQ(shown_url("https://u:p@@a.b"), "https://a.b");
  EXPECT_EQ(shown_url("u:p@a.b"), "a.b");
  EXPECT_EQ(shown_url("http://a\nb"), "http://a\\x0ab");
}

TEST_F(FetchRefusal, OfAFolderThatCannotBeMadeOrWritten) {
  const Server server(served_.path());
  const DatasetSource source{"sample", server.url("whole"), {{published("a", bytes_), {}}}, "", ""};
  const std::string file = folder_.write("file", "");
  for (const std::string& folder : {file, file + "/below", std::string("/proc/none")}) {
    expect_refusal([&] { fetch(source, folder, silence()); }, folder, "cannot make the folder");
  }
  expect_refusal([&] { fetch(source, "/proc", silence()); }, "/proc/a.partial", "cannot open for writing");
  EXPECT_TRUE(server.requests().empty());
}

}  // namespace
}  // namespace shatterproof::cli::refusal_test
