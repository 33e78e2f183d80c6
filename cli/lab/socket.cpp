// SPDX-License-Identifier: Apache-2.0
#include "cli/lab/socket.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "cli/lab/http.h"

namespace shatterproof::cli {
namespace {

constexpr std::chrono::milliseconds kToTake{10'000}, kToClose{200};

}  // namespace

Socket::~Socket() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool Socket::is_ready(short events, Clock::time_point until, const Cancellation& gone) const {
  while (Clock::now() < until && !gone.requested()) {
    pollfd one{descriptor_, events, 0};
    const int count = poll(&one, 1, static_cast<int>(kLook.count()));
    if (count > 0) return true;
    if (count < 0 && errno != EINTR) return false;
  }
  return false;
}

std::string Socket::head(std::chrono::milliseconds patience, const Cancellation& gone) const {
  constexpr std::string_view kEnd = "\r\n\r\n";
  std::string head;
  const auto until = Clock::now() + patience;
  while (is_ready(POLLIN, until, gone)) {
    char some[4096];
    const ssize_t count = recv(descriptor_, some, sizeof some, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count <= 0) return "";
    const size_t from = head.size() < kEnd.size() ? 0 : head.size() - kEnd.size();
    head.append(some, static_cast<size_t>(count));
    const size_t end = head.find(kEnd, from);
    if (end != std::string::npos && end + kEnd.size() <= kMostRequestBytes)
      return head.substr(0, end + kEnd.size());
    if (head.size() >= kMostRequestBytes) throw refusal(431, "lab: the request is too long");
  }
  if (gone.requested()) return "";
  throw refusal(408, "lab: the request took too long");
}

void Socket::send(std::string_view bytes, const Cancellation& gone) const {
  const auto until = Clock::now() + kToTake;
  while (!bytes.empty() && is_ready(POLLOUT, until, gone)) {
    const ssize_t count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

void Socket::drain(const Cancellation& gone) const {
  shutdown(descriptor_, SHUT_WR);
  char some[4096];
  const auto until = Clock::now() + kToClose;
  for (size_t read = 0; read < 4 * kMostRequestBytes && is_ready(POLLIN, until, gone);) {
    const ssize_t count = recv(descriptor_, some, sizeof some, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count <= 0) return;
    read += static_cast<size_t>(count);
  }
}

}  // namespace shatterproof::cli
