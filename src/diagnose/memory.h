// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "shatterproof/diagnose/rule.h"

namespace shatterproof {

/// What a draw says of the gradient over the steps of a recurrent network.
struct Memory {
  int64_t steps = 1;
  int64_t span = 0;  ///< the most steps that the state alone carries something to an output
  double rate = 1;   ///< per step towards the past
  /// Of the gradient, what is left over the span; by the rate where it is too small for the numbers.
  double left = 1;
  double largest = 1;  ///< of the gradient at any step, against that at the last
  double length = 0;   ///< steps until 1/e is left
  bool never_forgets = false;

  bool reads_every_step() const { return span == 0; }
};

/// Empty for a network without recurrent layers, and where the gradient over time is undefined.
std::optional<Memory> memory_of(const Draw& draw);

/// "a factor .64 per step", and of several layers each one's.
std::string rates_text(const Draw& draw, const Memory& memory);

/// What keeps the gradient over so many steps, by the kind of the cell, with what a step then keeps by
/// theory.
std::vector<Remedy> longer_memory(const Examination& examination, const Memory& memory);

/// What bounds the gradient over time.
std::vector<Remedy> bounded_memory(const Examination& examination, const Memory& memory);

}  // namespace shatterproof
