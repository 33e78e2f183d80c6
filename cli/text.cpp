// SPDX-License-Identifier: Apache-2.0
#include "cli/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "cli/sparkline.h"

namespace shatterproof::cli {
namespace {

constexpr size_t kLineWidth = 80;
constexpr size_t kSparklineWidth = 60;
constexpr size_t kMostRows = 16;  // of a table in the terminal

std::string scaled(double value, double step, const std::array<std::string_view, 5>& units) {
  size_t unit = 0;
  while (value >= step && unit + 1 < units.size()) {
    value /= step;
    ++unit;
  }
  return unit == 0 ? fmt::format("{:.0f}{}", value, units[0]) : fmt::format("{:.1f} {}", value, units[unit]);
}

std::string value_text(const Reading& reading, size_t i) {
  std::string text = reading.bound.empty() ? "" : reading.bound + " ";
  text += short_number(reading.values[i]);
  if (i < reading.standard_error.size()) text += " +- " + short_number(reading.standard_error[i]);
  return text;
}

std::string place_text(const Reading& reading) {
  std::string text;
  if (!reading.tap.empty()) text += "  at " + reading.tap;
  if (reading.layer) text += fmt::format("  depth {}", *reading.layer);
  return text;
}

std::string made_text(const Reading& reading) {
  std::string text;
  if (reading.n > 1) text += fmt::format("  {} draws", reading.n);
  if (reading.undefined_count > 0) text += fmt::format("  {} undefined", reading.undefined_count);
  if (!reading.functional.empty()) text += "  functional " + reading.functional;
  if (!reading.batch_norm.empty()) text += "  batch norm " + reading.batch_norm;
  return text;
}

std::string axis_text(const Reading& reading, size_t i) {
  if (reading.type == ReadingType::histogram) {
    return fmt::format("{} .. {}", short_number(reading.x[i]), short_number(reading.x[i + 1]));
  }
  return short_number(reading.x[i]);
}

// A long curve shows its shape in one line, and every k-th of its values.
void print_values(std::ostream& out, const Reading& reading) {
  const size_t count = reading.values.size(), step = (count + kMostRows - 1) / kMostRows;
  if (step > 1) out << "  " << sparkline(reading.values, kSparklineWidth) << '\n';
  std::vector<std::vector<std::string>> rows = {{reading.x_name, "value", ""}};
  for (size_t i = 0; i < count; ++i) {
    if (i % step != 0 && i + 1 != count) continue;
    rows.push_back({axis_text(reading, i), value_text(reading, i),
                    i < reading.x_labels.size() ? reading.x_labels[i] : ""});
  }
  print_table(out, rows, 2);
  if (step > 1) out << fmt::format("  {} of {} values, all with --json\n", rows.size() - 1, count);
}

}  // namespace

void print_pieces(std::ostream& out, std::string_view label, const std::vector<std::string>& pieces,
                  std::string_view separator, size_t indent) {
  std::string line = std::string(indent, ' ') + std::string(label);
  const size_t margin = line.size();
  bool begun = false;
  for (const std::string& piece : pieces) {
    if (begun && line.size() + separator.size() + piece.size() > kLineWidth) {
      out << line << '\n';
      line = std::string(margin, ' ');
      begun = false;
    }
    if (begun) line += separator;
    line += piece;
    begun = true;
  }
  out << line << '\n';
}

void print_wrapped(std::ostream& out, std::string_view label, std::string_view text, size_t indent) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text = space == std::string_view::npos ? "" : text.substr(space + 1);
    if (word.starts_with('%') && !words.empty()) {
      words.back() += " " + std::string(word);  // a number and its unit stay together
    } else if (!word.empty()) {
      words.emplace_back(word);
    }
  }
  print_pieces(out, label, words, " ", indent);
}

std::string short_count(int64_t count) {
  return scaled(static_cast<double>(count), 1000, {"", "k", "M", "G", "T"});
}

std::string short_bytes(int64_t bytes) {
  return scaled(static_cast<double>(bytes), 1024, {" bytes", "KiB", "MiB", "GiB", "TiB"});
}

std::string short_number(double value) {
  return fmt::format("{:.4g}", value);
}

void print_table(std::ostream& out, const std::vector<std::vector<std::string>>& rows, size_t indent) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string line(indent, ' ');
    for (size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    out << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
  }
}

void print_reading(std::ostream& out, const Reading& reading) {
  out << reading.name << place_text(reading);
  if (!reading.is_defined()) {
    out << "  undefined: " << reading.undefined << made_text(reading) << '\n';
    return;
  }
  switch (reading.type) {
    case ReadingType::scalar:
      out << "  " << value_text(reading, 0) << made_text(reading) << '\n';
      return;
    case ReadingType::matrix:
      out << fmt::format("  matrix of {} numbers, written with --json", fmt::join(reading.shape, " x "))
          << made_text(reading) << '\n';
      return;
    case ReadingType::curve:
    case ReadingType::histogram: {
      out << made_text(reading) << '\n';
      print_values(out, reading);
      return;
    }
  }
}

}  // namespace shatterproof::cli
