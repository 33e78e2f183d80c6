// SPDX-License-Identifier: Apache-2.0
#include "cli/lab/server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <list>
#include <stop_token>
#include <thread>
#include <vector>

#include "shatterproof/core/error.h"

namespace shatterproof::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kMostConnections = 32;
constexpr std::chrono::milliseconds kLook{50};
constexpr std::chrono::seconds kToAsk{5}, kToTake{10};

// One end of a connection, closed with it.
class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket() { close(descriptor_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

// Waits until bytes can move; false when time is up or the work is called off.
bool ready(int descriptor, short events, Clock::time_point until, const Cancellation& gone) {
  while (Clock::now() < until && !gone.requested()) {
    pollfd one{descriptor, events, 0};
    const int count = poll(&one, 1, static_cast<int>(kLook.count()));
    if (count > 0) return true;
    if (count < 0 && errno != EINTR) return false;
  }
  return false;
}

// The head of a request, with its empty line; throws a refusal. Empty: nobody is there any more.
std::string head_of(int descriptor, const Cancellation& gone) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  std::string head;
  const auto until = Clock::now() + kToAsk;
  while (ready(descriptor, POLLIN, until, gone)) {
    char some[4096];
    const ssize_t count = recv(descriptor, some, sizeof some, MSG_DONTWAIT);
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

void send_all(int descriptor, std::string_view bytes, const Cancellation& gone) {
  const auto until = Clock::now() + kToTake;
  while (!bytes.empty() && ready(descriptor, POLLOUT, until, gone)) {
    const ssize_t count = send(descriptor, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

// What was not read would make the system reset the connection, and the answer with it.
void drain(int descriptor) {
  shutdown(descriptor, SHUT_WR);
  char some[4096];
  for (size_t read = 0; read < 4 * kMostRequestBytes;) {
    const ssize_t count = recv(descriptor, some, sizeof some, MSG_DONTWAIT);
    if (count <= 0) return;
    read += static_cast<size_t>(count);
  }
}

void converse(int descriptor, const LabAnswering& answering, const Cancellation& gone) {
  LabAnswer answer;
  try {
    const std::string head = head_of(descriptor, gone);
    if (head.empty()) return;
    answer = answering(parse_request(head), gone);
  } catch (const LabAnswer& refused) {
    answer = refused;
  } catch (const Interrupted&) {
    answer = refusal(409, "lab: called off");
  } catch (const std::bad_alloc&) {
    answer = refusal(500, "lab: out of memory");
  } catch (const std::exception& error) {
    answer = refusal(500, printable(error.what(), 400));
  }
  send_all(descriptor, to_bytes(answer), gone);
  drain(descriptor);
}

struct Connection {
  explicit Connection(int descriptor) : socket(descriptor) {}
  ~Connection() { gone.request(); }  // then the thread ends, then the socket closes

  Socket socket;
  Cancellation gone;
  std::atomic<bool> ended{false};
  std::jthread thread;
};

}  // namespace

struct LabServer::Connections {
  std::list<Connection> all;

  void accept_one(int listening, const LabAnswering& answering) {
    const int descriptor = accept4(listening, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0) return;
    if (all.size() >= kMostConnections) {
      const Socket refused(descriptor);
      send_all(descriptor, to_bytes(refusal(503, "lab: too many connections")), {});
      return;
    }
    Connection& one = all.emplace_back(descriptor);
    one.thread = std::jthread([&one, &answering] {
      converse(one.socket.descriptor(), answering, one.gone);
      one.ended = true;
    });
  }

  // Waits for somebody new, and for who is there to leave.
  void look(int listening, const LabAnswering& answering) {
    all.remove_if([](const Connection& one) { return one.ended.load(); });
    std::vector<pollfd> watched = {{listening, POLLIN, 0}};
    for (Connection& one : all) {
      const bool is_known_gone = one.gone.requested();
      watched.push_back({is_known_gone ? -1 : one.socket.descriptor(), POLLRDHUP, 0});
    }
    if (poll(watched.data(), watched.size(), static_cast<int>(kLook.count())) <= 0) return;
    size_t place = 1;
    for (Connection& one : all) {
      if (watched[place++].revents != 0) one.gone.request();
    }
    if (watched.front().revents != 0) accept_one(listening, answering);
  }
};

LabServer::LabServer(const std::string& address, int port) : connections_(std::make_unique<Connections>()) {
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_port = htons(static_cast<uint16_t>(port));
  if (inet_pton(AF_INET, address.c_str(), &place.sin_addr) != 1)
    throw std::invalid_argument(
        fmt::format("--address: must be a numeric IPv4 address; got '{}'", printable(address)));
  listening_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int yes = 1;
  if (listening_ < 0 || setsockopt(listening_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
      bind(listening_, reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0 ||
      listen(listening_, SOMAXCONN) != 0) {
    const std::string cause = std::strerror(errno);
    if (listening_ >= 0) close(listening_);
    throw IoError(fmt::format("lab: cannot listen on {}:{}: {}", address, port, cause));
  }
}

LabServer::~LabServer() {
  close(listening_);
}

int LabServer::port() const {
  sockaddr_in place{};
  socklen_t size = sizeof place;
  getsockname(listening_, reinterpret_cast<sockaddr*>(&place), &size);
  return ntohs(place.sin_port);
}

void LabServer::serve(const LabAnswering& answering) {
  struct EndAll {
    Connections& connections;
    ~EndAll() {
      for (Connection& one : connections.all) one.gone.request();  // all at once, then one after the other
      connections.all.clear();
    }
  } const end_all{*connections_};
  while (true) {
    throw_if_interrupted();
    connections_->look(listening_, answering);
  }
}

}  // namespace shatterproof::cli
