// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/core/error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/similar_names.h"

namespace shatterproof {
namespace {

// Bytes of the UTF-8 character at the start of `text`, 0 when it is not one or a control character.
size_t printable_character(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return byte(0) < 0x20 || byte(0) == 0x7f ? 0 : 1;
  const size_t length = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool control = byte(0) == 0xc2 && byte(1) < 0xa0;
  const bool overlong = (byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xf0 && byte(1) < 0x90);
  const bool outside = (byte(0) == 0xed && byte(1) > 0x9f) || (byte(0) == 0xf4 && byte(1) > 0x8f);
  return control || overlong || outside ? 0 : length;
}

}  // namespace

std::string printable(std::string_view text, size_t longest) {
  std::string line;
  size_t i = 0;
  while (i < text.size()) {
    const size_t length = printable_character(text.substr(i));
    if (i + std::max<size_t>(1, length) > longest) break;
    line += length > 0 ? std::string(text.substr(i, length))
                       : fmt::format("\\x{:02x}", static_cast<unsigned char>(text[i]));
    i += std::max<size_t>(1, length);
  }
  return i < text.size() ? line + "..." : line;
}

void reject(std::string_view operation, std::string_view rule, std::string_view got) {
  constexpr size_t kWhole = 1000;
  throw std::invalid_argument(
      fmt::format("{}: {}; got {}", printable(operation), printable(rule, kWhole), printable(got)));
}

void reject_unknown(std::string_view operation, std::string_view kind, std::string_view got,
                    const std::vector<std::string>& known) {
  std::string guess;
  size_t nearest = std::min<size_t>(4, got.size() / 2 + 1);
  for (const std::string& name : known) {
    const bool begun = got.size() > 1 && name.starts_with(got);
    const size_t distance = begun ? 0 : got.size() < 64 ? edit_distance(got, name) : got.size();
    if (distance < nearest) {
      nearest = distance;
      guess = name;
    }
  }
  throw std::invalid_argument(
      fmt::format("{}: unknown {} '{}'; {}known: {}", printable(operation), kind, printable(got),
                  guess.empty() ? "" : fmt::format("did you mean '{}'? ", guess), fmt::join(known, ", ")));
}

}  // namespace shatterproof
