// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <stdexcept>

namespace shatterproof {

/// Thrown by `throw_if_interrupted` in whatever was running when a stop was asked for.
class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("interrupted") {}
};

/// Asks all running work to stop at its next safe point: Ctrl-C. Callable from a signal handler and from any
/// thread.
void request_interrupt() noexcept;

/// Forgets an earlier request.
void clear_interrupt() noexcept;

/// A stop for one piece of work, asked for from any thread.
class Cancellation {
 public:
  void request() noexcept { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const noexcept { return requested_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> requested_{false};
};

/// While it lives, `throw_if_interrupted` on this thread heeds the token, which may be nullptr, in place of
/// the one before. run_in_parallel hands it on to its threads.
class CancellationScope {
 public:
  explicit CancellationScope(const Cancellation* token) noexcept;
  ~CancellationScope();
  CancellationScope(const CancellationScope&) = delete;
  CancellationScope& operator=(const CancellationScope&) = delete;

 private:
  const Cancellation* before_;
};
/// The token that this thread heeds, or nullptr.
const Cancellation* current_cancellation() noexcept;

/// The safe point: throws Interrupted when a stop was asked for. Costs two relaxed loads.
void throw_if_interrupted();

}  // namespace shatterproof
