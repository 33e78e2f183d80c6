// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/core/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace shatterproof {
namespace {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string printable(std::string_view text) {
  constexpr size_t kLongest = 80;
  std::string line;
  for (const char c : text.substr(0, kLongest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      line += fmt::format("\\x{:02x}", byte);
    } else {
      line += c;
    }
  }
  if (text.size() > kLongest) line += "...";
  return line;
}

void reject(std::string_view operation, std::string_view rule, std::string_view got) {
  throw std::invalid_argument(fmt::format("{}: {}; got {}", operation, rule, printable(got)));
}

void reject_unknown(std::string_view operation, std::string_view kind, std::string_view got,
                    const std::vector<std::string>& known) {
  std::string guess;
  size_t nearest = std::min<size_t>(4, got.size() / 2 + 1);
  for (const std::string& name : known) {
    const size_t distance = got.size() < 64 ? edit_distance(got, name) : got.size();
    if (distance < nearest) {
      nearest = distance;
      guess = name;
    }
  }
  throw std::invalid_argument(fmt::format("{}: unknown {} '{}'; {}known: {}", operation, kind, printable(got),
                                          guess.empty() ? "" : fmt::format("did you mean '{}'? ", guess),
                                          fmt::join(known, ", ")));
}

}  // namespace shatterproof
