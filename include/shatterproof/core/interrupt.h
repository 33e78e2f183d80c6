// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>

namespace shatterproof {

/// Thrown by `throw_if_interrupted` in whatever was running when the user pressed Ctrl-C.
class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("interrupted") {}
};

/// Asks running work to stop at its next safe point. Callable from a signal handler and from any thread.
void request_interrupt() noexcept;

/// Forgets an earlier request.
void clear_interrupt() noexcept;

/// The safe point: throws Interrupted when a stop was asked for. Costs one relaxed load.
void throw_if_interrupted();

}  // namespace shatterproof
