// SPDX-License-Identifier: Apache-2.0
#include "cli/address.h"

#include <fmt/format.h>

namespace shatterproof::cli {

std::string percent_encoded(std::string_view text, std::string_view also) {
  constexpr std::string_view kPlain = "-._~";
  std::string made;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       kPlain.find(c) != std::string_view::npos || also.find(c) != std::string_view::npos;
    made += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return made;
}

}  // namespace shatterproof::cli
