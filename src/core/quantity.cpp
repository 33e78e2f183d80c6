// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/core/quantity.h"

#include <fmt/format.h>

#include <vector>

namespace shatterproof {
namespace {

std::string scaled(double value, double step, const std::array<std::string_view, 5>& units) {
  size_t unit = 0;
  while (value >= step && unit + 1 < units.size()) {
    value /= step;
    ++unit;
  }
  return unit == 0 ? fmt::format("{:.0f}{}", value, units[0]) : fmt::format("{:.1f} {}", value, units[unit]);
}

}  // namespace

std::string short_count(int64_t count) {
  return scaled(static_cast<double>(count), 1000, {"", "k", "M", "G", "T"});
}

std::string short_bytes(int64_t bytes) {
  return scaled(static_cast<double>(bytes), 1024, {" bytes", "KiB", "MiB", "GiB", "TiB"});
}

std::string short_duration(double seconds) {
  constexpr double kMinute = 60, kHour = 3600, kMostSeconds = 100, kMostMinutes = 100;
  if (seconds < 10) return fmt::format("{:.2g} s", seconds);
  if (seconds < kMostSeconds) return fmt::format("{:.0f} s", seconds);
  if (seconds < kMostMinutes * kMinute) return fmt::format("{:.1f} minutes", seconds / kMinute);
  return fmt::format("{:.1f} hours", seconds / kHour);
}

std::string short_number(double value) {
  return fmt::format("{:.4g}", value);
}

}  // namespace shatterproof
