// SPDX-License-Identifier: Apache-2.0
#include "cli/lab/server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <list>
#include <new>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>

#include "cli/lab/socket.h"
#include "shatterproof/core/error.h"

namespace shatterproof::cli {
namespace {

constexpr size_t kMostConnections = 32;
constexpr std::chrono::milliseconds kToAsk{5000}, kToBeRefused{200};

// Answers that are made while there is memory.
const std::string& out_of_memory() {
  static const std::string bytes = to_bytes(refusal(503, "lab: out of memory"));
  return bytes;
}
const std::string& too_many_connections() {
  static const std::string bytes = to_bytes(refusal(503, "lab: too many connections"));
  return bytes;
}
const std::string& no_thread() {
  static const std::string bytes = to_bytes(refusal(503, "lab: the system gives no more threads"));
  return bytes;
}

// LibTorch says so by an error like any other.
bool is_of_memory(const std::exception& error) {
  return std::string_view(error.what()).find("DefaultCPUAllocator") != std::string_view::npos;
}

std::string answer_to(const std::string& head, const LabAnswering& answering, const Cancellation& gone) {
  try {
    return to_bytes(answering(parse_request(head), gone));
  } catch (const Interrupted&) {
    return to_bytes(refusal(409, "lab: called off"));
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    return is_of_memory(error) ? out_of_memory() : to_bytes(refusal(500, printable(error.what(), 400)));
  }
}

void converse(const Socket& socket, const LabAnswering& answering, const Cancellation& gone) {
  try {
    try {
      const std::string head = socket.head(kToAsk, gone);
      if (head.empty()) return;
      socket.send(answer_to(head, answering, gone), gone);
    } catch (const LabAnswer& refused) {
      socket.send(to_bytes(refused), gone);
    }
  } catch (const std::bad_alloc&) {
    socket.send(out_of_memory(), gone);
  }
  socket.drain(gone);
}

// Who cannot be taken in is told so by the thread that takes in, which waits for their request as shortly.
void refuse(const Socket& socket, const std::string& answer) {
  try {
    socket.head(kToBeRefused, {});
  } catch (const LabAnswer&) {
    // Whatever was asked, this is the answer.
  } catch (const std::bad_alloc&) {
  }
  socket.send(answer, {});
  socket.drain({});
}

struct Connection {
  explicit Connection(Socket taken) : socket(std::move(taken)) {}
  ~Connection() { gone.request(); }  // then the thread ends, then the socket closes

  Socket socket;
  Cancellation gone;
  std::atomic<bool> ended{false};
  std::jthread thread;
};

}  // namespace

struct LabServer::Connections {
  std::list<Connection> all;
  bool rests = false;  // takes nobody in for a look: the system has no descriptor, and waiting costs nothing

  void accept_one(int listening, const LabAnswering& answering) {
    Socket socket(accept4(listening, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    const bool is_taken = socket.descriptor() >= 0;
    rests = !is_taken && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM);
    if (!is_taken) return;
    if (all.size() >= kMostConnections) return refuse(socket, too_many_connections());
    std::list<Connection> fresh;
    const auto refuse_it = [&](const std::string& answer) {
      refuse(fresh.empty() ? socket : fresh.front().socket, answer);
    };
    try {
      Connection& one = fresh.emplace_back(std::move(socket));
      one.thread = std::jthread([&one, &answering] {
        converse(one.socket, answering, one.gone);
        one.ended = true;
      });
      all.splice(all.end(), fresh);
    } catch (const std::system_error&) {
      refuse_it(no_thread());
    } catch (const std::bad_alloc&) {
      refuse_it(out_of_memory());
    }
  }

  // Waits for somebody new, and for who is there to leave.
  void look(int listening, const LabAnswering& answering) {
    all.remove_if([](const Connection& one) { return one.ended.load(); });
    std::array<pollfd, kMostConnections + 1> watched;
    watched[0] = {rests ? -1 : listening, POLLIN, 0};
    rests = false;
    size_t count = 1;
    for (Connection& one : all) {
      const bool is_known_gone = one.gone.requested();
      watched[count++] = {is_known_gone ? -1 : one.socket.descriptor(), POLLRDHUP, 0};
    }
    const int found = poll(watched.data(), count, static_cast<int>(Socket::kLook.count()));
    if (found < 0 && errno != EINTR) std::this_thread::sleep_for(Socket::kLook);
    if (found <= 0) return;
    size_t place = 1;
    for (Connection& one : all) {
      if (watched[place++].revents != 0) one.gone.request();
    }
    if (watched[0].revents != 0) accept_one(listening, answering);
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
  for (const auto made : {out_of_memory, too_many_connections, no_thread}) made();
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
