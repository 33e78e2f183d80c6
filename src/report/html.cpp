// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/report/html.h"

#include <cassert>

#include "report/page.h"

namespace shatterproof {
namespace {

// Where the built page wants its two texts; each stands in it once.
constexpr std::string_view kResultsPlace = "@results@";
constexpr std::string_view kMeasurementsPlace = "@measurements@";

void append_escaped(std::string& page, std::string_view text) {
  for (const char c : text) {
    if (c == '<') {
      page += "\\u003c";
    } else {
      page += c;
    }
  }
}

}  // namespace

std::string html_report(std::string_view results, std::string_view measurements) {
  const std::string_view empty = page();
  const size_t first = empty.find(kMeasurementsPlace);
  const size_t second = empty.find(kResultsPlace, first);
  assert(first != std::string_view::npos && second != std::string_view::npos);
  std::string filled;
  filled.reserve(empty.size() + results.size() + measurements.size());
  filled += empty.substr(0, first);
  append_escaped(filled, measurements);
  filled += empty.substr(first + kMeasurementsPlace.size(), second - first - kMeasurementsPlace.size());
  append_escaped(filled, results);
  filled += empty.substr(second + kResultsPlace.size());
  return filled;
}

}  // namespace shatterproof
