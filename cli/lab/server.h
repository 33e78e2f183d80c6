// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cli/lab/http.h"
#include "shatterproof/core/interrupt.h"

namespace shatterproof::cli {

/// Answers one request; its work ends with Interrupted where the token asks for it. Called from several
/// threads.
using LabAnswering = std::function<LabAnswer(const LabRequest& request, const Cancellation& gone)>;

/// HTTP on one address of this machine: a connection, a request, an answer, the end. Everything is bounded:
/// bytes of a request, connections at a time, seconds for sending one and for taking its answer. Where the
/// other side is gone, what was begun for it stops.
class LabServer {
 public:
  /// Listens on a numeric IPv4 address; port 0: any that is free. Throws IoError when that cannot be.
  LabServer(const std::string& address, int port);
  ~LabServer();
  LabServer(const LabServer&) = delete;
  LabServer& operator=(const LabServer&) = delete;

  int port() const;

  /// Answers until an interrupt is requested, then throws Interrupted; nothing is left running.
  [[noreturn]] void serve(const LabAnswering& answering);

 private:
  struct Connections;
  std::unique_ptr<Connections> connections_;
  int listening_ = -1;
};

}  // namespace shatterproof::cli
