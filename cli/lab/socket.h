// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "shatterproof/core/interrupt.h"

namespace shatterproof::cli {

/// The laboratory's end of a connection that does not block, closed with it. Every wait ends when its time is
/// up or the work is called off.
class Socket {
 public:
  /// How often a wait looks whether it is called off.
  static constexpr std::chrono::milliseconds kLook{50};

  /// Owns the descriptor; a negative one is none.
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  ~Socket();

  int descriptor() const { return descriptor_; }

  /// The head of a request, with its empty line; empty where nobody is there any more. Throws a refusal, a
  /// LabAnswer, when it is too long or takes longer than `patience`.
  std::string head(std::chrono::milliseconds patience, const Cancellation& gone) const;
  void send(std::string_view bytes, const Cancellation& gone) const;
  /// Ends what is sent and takes what still comes until the other side, which then has the answer, closes, or
  /// time is up: what is not read would make the system reset the connection, and the answer with it.
  void drain(const Cancellation& gone) const;

 private:
  using Clock = std::chrono::steady_clock;

  // Waits until bytes can move; false when time is up or the work is called off.
  bool is_ready(short events, Clock::time_point until, const Cancellation& gone) const;

  int descriptor_;
};

}  // namespace shatterproof::cli
