// SPDX-License-Identifier: Apache-2.0
#include "dataset/npy_header.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "dataset/file.h"

namespace shatterproof {
namespace {

class HeaderReader {
 public:
  HeaderReader(const std::string& path, std::string_view text) : path_(path), text_(text) {}

  NpyHeader read() {
    NpyHeader header;
    bool has_descr = false, has_order = false, has_shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr" && !has_descr) {
        header.descr = quoted();
        has_descr = true;
      } else if (key == "fortran_order" && !has_order) {
        header.fortran_order = boolean();
        has_order = true;
      } else if (key == "shape" && !has_shape) {
        header.shape = tuple();
        has_shape = true;
      } else {
        refuse("descr, fortran_order and shape, once each");
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (!text_.empty()) refuse("nothing after the closing brace");
    if (!has_descr || !has_order || !has_shape) refuse("descr, fortran_order and shape");
    return header;
  }

 private:
  [[noreturn]] void refuse(std::string_view expected) const {
    refuse_file(path_, fmt::format("the .npy header is malformed: expected {}", expected));
  }

  void skip_space() { text_.remove_prefix(std::min(text_.find_first_not_of(" \t\r\n"), text_.size())); }

  bool accept(char c) {
    skip_space();
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  void expect(char c) {
    if (!accept(c)) refuse(fmt::format("'{}'", c));
  }

  std::string quoted() {
    skip_space();
    const char quote = text_.empty() ? '\0' : text_.front();
    const size_t end = text_.find(quote, 1);
    if ((quote != '\'' && quote != '"') || end == std::string_view::npos) refuse("a quoted word");
    const std::string word(text_.substr(1, end - 1));
    text_.remove_prefix(end + 1);
    return word;
  }

  bool boolean() {
    skip_space();
    for (const std::string_view word : {"True", "False"}) {
      if (!text_.starts_with(word)) continue;
      text_.remove_prefix(word.size());
      return word == "True";
    }
    refuse("True or False");
  }

  std::vector<int64_t> tuple() {
    constexpr size_t kMostAxes = 32;
    std::vector<int64_t> sizes;
    expect('(');
    while (!accept(')')) {
      if (sizes.size() == kMostAxes) refuse("at most 32 axes");
      sizes.push_back(size());
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return sizes;
  }

  int64_t size() {
    skip_space();
    int64_t value = -1;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (error != std::errc() || value < 0) refuse("sizes that are whole numbers");
    text_.remove_prefix(static_cast<size_t>(end - text_.data()));
    return value;
  }

  const std::string& path_;
  std::string_view text_;
};

}  // namespace

NpyHeader parse_npy_header(const std::string& path, std::string_view text) {
  return HeaderReader(path, text).read();
}

std::string npy_header_text(const std::string& descr, const std::vector<int64_t>& shape) {
  constexpr size_t kAlignment = 64, kBeforeText = 10;
  std::string sizes = fmt::format("{}", fmt::join(shape, ", "));
  if (shape.size() == 1) sizes += ",";
  std::string text = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}), }}", descr, sizes);
  const size_t unpadded = kBeforeText + text.size() + 1;
  text += std::string((kAlignment - unpadded % kAlignment) % kAlignment, ' ') + "\n";
  std::string start = "\x93NUMPY";
  start += '\x01';
  start += '\x00';
  start += static_cast<char>(text.size() & 0xff);
  start += static_cast<char>(text.size() >> 8);
  return start + text;
}

}  // namespace shatterproof
