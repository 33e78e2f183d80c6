// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/core/interrupt.h"

#include <atomic>

namespace shatterproof {
namespace {
// The one piece of process-wide state: a signal handler can reach nothing else.
std::atomic<bool> interrupt_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);
thread_local const Cancellation* heeded = nullptr;
}  // namespace

CancellationScope::CancellationScope(const Cancellation* token) noexcept : before_(heeded) {
  heeded = token;
}
CancellationScope::~CancellationScope() {
  heeded = before_;
}
const Cancellation* current_cancellation() noexcept {
  return heeded;
}

void request_interrupt() noexcept {
  interrupt_requested.store(true, std::memory_order_relaxed);
}

void clear_interrupt() noexcept {
  interrupt_requested.store(false, std::memory_order_relaxed);
}

void throw_if_interrupted() {
  if (interrupt_requested.load(std::memory_order_relaxed) || (heeded && heeded->requested()))
    throw Interrupted();
}

}  // namespace shatterproof
