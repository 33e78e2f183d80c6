// SPDX-License-Identifier: Apache-2.0
#include "core/machine.h"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace shatterproof {

std::string machine_name() {
  constexpr size_t kLongest = 40;
  std::array<char, 256> buffer = {};
  std::string name = gethostname(buffer.data(), buffer.size() - 1) == 0 ? buffer.data() : "";
  name = name.substr(0, kLongest);
  std::replace_if(
      name.begin(), name.end(),
      [](char c) {
        return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                 c == '-' || c == '_');
      },
      '_');
  return name.empty() ? "machine" : name;
}

}  // namespace shatterproof
