// SPDX-License-Identifier: Apache-2.0
#include "cli/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "cli/sparkline.h"
#include "shatterproof/core/error.h"

namespace shatterproof::cli {
namespace {

constexpr size_t kLineWidth = 80;
constexpr size_t kSparklineWidth = 60;
constexpr size_t kMostRows = 16;  // of a table in the terminal

// Of UTF-8: bytes that begin one.
size_t letter_count(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// Names of foreign files may have any length.
std::string shortened(const std::string& text) {
  constexpr size_t kLongest = 1000;
  return text.size() > kLongest ? printable(text, kLongest) : text;
}

std::string value_text(const Reading& reading, size_t i) {
  std::string text = reading.bound.empty() ? "" : reading.bound + " ";
  text += short_number(reading.values[i]);
  if (i < reading.standard_error.size()) text += " +- " + short_number(reading.standard_error[i]);
  return text;
}

// Name and place, what was found, and how: one line where it fits.
void print_head(std::ostream& out, const Reading& reading, const std::string& found) {
  std::vector<std::string> pieces = {reading.name};
  if (!reading.tap.empty()) pieces.push_back("at " + reading.tap);
  if (reading.depth) pieces.push_back(fmt::format("depth {}", *reading.depth));
  if (!found.empty()) pieces.push_back(found);
  if (reading.n > 1) pieces.push_back(fmt::format("{} draws", reading.n));
  if (reading.undefined_count > 0) pieces.push_back(fmt::format("{} undefined", reading.undefined_count));
  if (!reading.functional.empty()) pieces.push_back("functional " + reading.functional);
  if (!reading.batch_norm.empty()) pieces.push_back("batch norm " + reading.batch_norm);
  print_pieces(out, "", pieces, "  ", 0);
}

std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
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
    line += shortened(piece);
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

std::string shell_line(std::span<const std::string> words) {
  std::string line = "shatterproof";
  for (const std::string& word : words) {
    const bool plain = !word.empty() && word.find_first_of(" \t\n\"'\\$`*?&;|<>()") == std::string::npos;
    line += ' ';
    line += plain ? word : quoted(word);
  }
  return line;
}

void print_table(std::ostream& out, const std::vector<std::vector<std::string>>& given, size_t indent) {
  std::vector<std::vector<std::string>> rows = given;
  for (std::vector<std::string>& row : rows) std::transform(row.begin(), row.end(), row.begin(), shortened);
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], letter_count(row[i]));
  }
  for (const auto& row : rows) {
    std::string line(indent, ' ');
    for (size_t i = 0; i < row.size(); ++i)
      line += row[i] + std::string(widths[i] - letter_count(row[i]) + 2, ' ');
    out << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
  }
}

void print_reading(std::ostream& out, const Reading& reading) {
  if (!reading.is_defined()) return print_head(out, reading, "undefined: " + reading.undefined);
  switch (reading.type) {
    case ReadingType::scalar:
      return print_head(out, reading, value_text(reading, 0));
    case ReadingType::matrix:
      return print_head(
          out, reading,
          fmt::format("matrix of {} numbers, written with --json", fmt::join(reading.shape, " x ")));
    case ReadingType::curve:
    case ReadingType::histogram:
      print_head(out, reading, "");
      print_values(out, reading);
  }
}

}  // namespace shatterproof::cli
