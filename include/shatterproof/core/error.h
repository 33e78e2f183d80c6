// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace shatterproof {

/// The world's refusal: a file that cannot be read, a stream that ends early, a full disk. Names path and
/// cause.
class IoError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The caller's mistake, as one line: "operation: rule; got x". Throws std::invalid_argument.
[[noreturn]] void reject(std::string_view operation, std::string_view rule, std::string_view got);

/// Throws std::invalid_argument "operation: unknown <kind> 'got'; known: a, b, c", with a guess when one is
/// near.
[[noreturn]] void reject_unknown(std::string_view operation, std::string_view kind, std::string_view got,
                                 const std::vector<std::string>& known);

/// Text from a file or a user, made safe for one line of a terminal and for JSON: control characters and
/// bytes that are not UTF-8 escaped as \xNN, cut after `longest` bytes.
std::string printable(std::string_view text, size_t longest = 80);

}  // namespace shatterproof
