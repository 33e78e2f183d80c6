// SPDX-License-Identifier: Apache-2.0
#include "cli/sparkline.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "cli/text.h"

namespace shatterproof::cli {
namespace {

constexpr std::array<const char*, 8> kBlocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr size_t kProfileWidth = 26;
constexpr size_t kLeastValues = 3;

struct Range {
  double least = std::numeric_limits<double>::infinity();
  double most = -std::numeric_limits<double>::infinity();
};

Range finite_range(std::span<const double> values) {
  Range range;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    range.least = std::min(range.least, value);
    range.most = std::max(range.most, value);
  }
  return range;
}

std::vector<double> averaged(const std::vector<double>& values, size_t width) {
  if (values.size() <= width) return values;
  std::vector<double> means;
  for (size_t i = 0; i < width; ++i) {
    const size_t begin = i * values.size() / width, end = (i + 1) * values.size() / width;
    double sum = 0;
    for (size_t k = begin; k < end; ++k) sum += values[k];
    means.push_back(sum / static_cast<double>(end - begin));
  }
  return means;
}

bool is_profile(const Reading& reading) {
  return reading.type == ReadingType::curve && reading.x_name == "depth" &&
         reading.values.size() >= kLeastValues;
}

}  // namespace

bool is_flat(std::span<const double> values) {
  constexpr double kPart = 0.1;
  const Range range = finite_range(values);
  return !(range.most - range.least > kPart * std::max(std::abs(range.least), std::abs(range.most)));
}

bool spans_decades(std::span<const double> values) {
  constexpr double kFactor = 100;
  const Range range = finite_range(values);
  return range.least > 0 && range.most > kFactor * range.least;
}

std::string sparkline(std::span<const double> values, size_t width) {
  const bool logarithmic = spans_decades(values);
  std::vector<double> heights;
  for (const double value : values) heights.push_back(logarithmic ? std::log(value) : value);
  heights = averaged(heights, width);
  const Range range = finite_range(heights);
  const double span = is_flat(values) ? 0 : range.most - range.least;
  std::string line;
  for (const double height : heights) {
    if (!std::isfinite(height)) {
      line += ' ';
      continue;
    }
    const double part = span > 0 ? (height - range.least) / span : 0.5;
    line += kBlocks[std::min(kBlocks.size() - 1, static_cast<size_t>(part * kBlocks.size()))];
  }
  return line;
}

void print_profile(std::ostream& out, const std::vector<Reading>& readings) {
  std::vector<std::vector<std::string>> rows;
  for (const Reading& reading : readings) {
    if (!is_profile(reading) || is_flat(reading.values)) continue;
    const std::string scale = spans_decades(reading.values) ? "log" : "";
    rows.push_back({reading.name, sparkline(reading.values, kProfileWidth),
                    short_number(reading.values.front()) + " .. " + short_number(reading.values.back()),
                    scale});
  }
  if (rows.empty()) return;
  out << "profile   from the input to the output\n";
  print_table(out, rows, 2);
}

}  // namespace shatterproof::cli
