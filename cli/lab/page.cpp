// SPDX-License-Identifier: Apache-2.0
#include "cli/lab/page.h"

#include <cassert>
#include <utility>

#include "cli/lab/embedded_page.h"

namespace shatterproof::cli {

std::string lab_page(std::string_view controls, std::string_view measurements, std::string_view start) {
  std::string filled;
  std::string_view rest = embedded_lab_page();
  for (const auto& [place, text] :
       {std::pair<std::string_view, std::string_view>{"@measurements@", measurements},
        {"@controls@", controls},
        {"@start@", start}}) {
    const size_t found = rest.find(place);
    assert(found != std::string_view::npos);
    filled += rest.substr(0, found);
    for (const char c : text) filled += c == '<' ? std::string("\\u003c") : std::string(1, c);
    rest.remove_prefix(found + place.size());
  }
  return filled += rest;
}

}  // namespace shatterproof::cli
