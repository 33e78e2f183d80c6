// SPDX-License-Identifier: Apache-2.0
#include "dataset/range.h"

#include <fmt/format.h>

#include "shatterproof/core/error.h"

namespace shatterproof {

ExampleRange resolved_range(std::string_view dataset, const ExampleRange& range, int64_t available) {
  const bool starts_within = range.first >= 0 && range.first < available;
  const int64_t rest = available - range.first;
  const bool all = range.count == 0 || (range.or_fewer && range.count > rest);
  const int64_t count = all && starts_within ? rest : range.count;
  if (!starts_within || count < 1 || count > rest) {
    reject(dataset, fmt::format("{} examples are there", available),
           fmt::format("first {}, count {}", range.first, range.count));
  }
  return {range.first, count};
}

}  // namespace shatterproof
