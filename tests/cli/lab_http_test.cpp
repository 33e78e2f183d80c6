// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "cli/lab/http.h"

namespace shatterproof::cli::lab_http_test {
namespace {

using testing::HasSubstr;

int status_of(const std::string& head) {
  try {
    parse_request(head + "\r\n\r\n");
    return 200;
  } catch (const LabAnswer& refused) {
    EXPECT_FALSE(refused.body.empty());
    return refused.status;
  }
}

TEST(LabHttp, ReadsPathSettingsAndHost) {
  const LabRequest request = parse_request(
      "GET /t/results?depth=24&inputs=grid%3A-2%3a2%3A256&norm=a+b&empty HTTP/1.1\r\nhOST:  LocalHost:80 \r\n"
      "Accept: */*\r\n\r\n");
  EXPECT_EQ(request.path, "/t/results");
  EXPECT_EQ(request.host, "localhost:80");
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"depth", "24"}, {"inputs", "grid:-2:2:256"}, {"norm", "a b"}, {"empty", ""}};
  EXPECT_EQ(request.query, expected);
}

TEST(LabHttp, RefusesWhatIsNoGetWithoutABody) {
  EXPECT_EQ(status_of("GET / HTTP/1.1"), 200);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nContent-Length: 0"), 200);
  EXPECT_EQ(status_of("POST / HTTP/1.1"), 405);
  EXPECT_EQ(status_of("HEAD / HTTP/1.1"), 405);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nContent-Length: 10"), 413);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nTransfer-Encoding: chunked"), 413);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\nHost: b"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nno colon"), 400);
  EXPECT_EQ(status_of("GET / HTTP/2"), 400);
  EXPECT_EQ(status_of("GET http://127.0.0.1/ HTTP/1.1"), 400);
  EXPECT_EQ(status_of("GET /?a=%2 HTTP/1.1"), 400);
  EXPECT_EQ(status_of("GET /?a=%zz HTTP/1.1"), 400);
  EXPECT_EQ(status_of(""), 400);
  std::string many = "GET /?";
  for (int i = 0; i < 100; ++i) many += "a=1&";
  EXPECT_EQ(status_of(many + " HTTP/1.1"), 400);
}

TEST(LabHttp, HeadsThatAreAlteredAtRandomAreReadOrRefused) {
  constexpr int kHeads = 20'000, kChanges = 4;
  const std::string right =
      "GET /t/results?depth=24&inputs=grid%3A-2 HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nAccept: */*\r\n\r\n";
  std::mt19937 random(1);
  int refused = 0;
  for (int k = 0; k < kHeads; ++k) {
    std::string head = right;
    for (int change = 0; change < kChanges; ++change) {
      const size_t at = random() % head.size();
      if (random() % 3 == 0) head.erase(at, 1 + random() % 8);
      if (head.empty()) head = " ";
      head[random() % head.size()] = static_cast<char>(random());
    }
    try {
      parse_request(head);
    } catch (const LabAnswer& answer) {
      ++refused;
      EXPECT_GE(answer.status, 400);
    }
  }
  EXPECT_GT(refused, kHeads / 10);
}

TEST(LabHttp, AnswersForbidKeepingFramingAndSniffing) {
  LabAnswer answer;
  answer.body = "text";
  const std::string bytes = to_bytes(answer);
  for (const char* header :
       {"HTTP/1.1 200 OK\r\n", "Content-Length: 4\r\n", "Connection: close\r\n",
        "Cache-Control: no-store\r\n", "X-Content-Type-Options: nosniff\r\n",
        "Referrer-Policy: no-referrer\r\n", "default-src 'none'", "frame-ancestors 'none'"})
    EXPECT_THAT(bytes, HasSubstr(header));
  EXPECT_TRUE(bytes.ends_with("\r\n\r\ntext"));
}

}  // namespace
}  // namespace shatterproof::cli::lab_http_test
