// SPDX-License-Identifier: Apache-2.0
// The laboratory's server around an answer that fails, by sockets of this process.
#include "cli/lab/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <new>
#include <stdexcept>
#include <thread>

namespace shatterproof::cli::lab_server_test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Serving {
 public:
  explicit Serving(LabAnswering answering) : answering_(std::move(answering)) {
    thread_ = std::jthread([this] {
      const CancellationScope heeds(&ends_);
      EXPECT_THROW(server_.serve(answering_), Interrupted);
    });
  }
  ~Serving() { ends_.request(); }  // then the thread ends, then the server

  std::string ask(const std::string& path) const {
    const int own = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(static_cast<uint16_t>(server_.port()));
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(own, reinterpret_cast<const sockaddr*>(&place), sizeof place), 0);
    const std::string request = "GET /" + path + " HTTP/1.1\r\nHost: here\r\n\r\n";
    EXPECT_EQ(send(own, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
    std::string answer;
    char some[4096];
    ssize_t count = 0;
    while ((count = recv(own, some, sizeof some, 0)) > 0) answer.append(some, static_cast<size_t>(count));
    EXPECT_EQ(count, 0) << "it ends, and is not reset";
    close(own);
    return answer;
  }

 private:
  LabAnswering answering_;
  LabServer server_{"127.0.0.1", 0};
  Cancellation ends_;
  std::jthread thread_;
};

TEST(LabServer, SaysThatMemoryIsShortAndGoesOn) {
  const Serving serving([](const LabRequest& request, const Cancellation&) -> LabAnswer {
    if (request.path == "/new") throw std::bad_alloc();
    if (request.path == "/tensor") throw std::runtime_error("DefaultCPUAllocator: can't allocate memory");
    if (request.path == "/other") throw std::runtime_error("something else");
    return {.body = "fine"};
  });
  for (const char* path : {"new", "tensor"}) {
    const std::string answer = serving.ask(path);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 Service Unavailable"));
    EXPECT_THAT(answer, HasSubstr("lab: out of memory"));
  }
  EXPECT_THAT(serving.ask("other"), StartsWith("HTTP/1.1 500"));
  EXPECT_THAT(serving.ask("fine"), StartsWith("HTTP/1.1 200"));
}

}  // namespace
}  // namespace shatterproof::cli::lab_server_test
