// SPDX-License-Identifier: Apache-2.0
#include "core/nesting.h"

#include <fmt/format.h>

#include <algorithm>

#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

// Where the string that begins at `first` ends: one past its closing quote, or the end of the text. Quotes of
// three may hold line ends; those of one end with the line at the latest.
size_t end_of_string(std::string_view text, size_t first) {
  const char quote = text[first];
  const bool escapes = quote == '"';
  const bool is_long = text.substr(first, 3) == std::string_view(quote == '"' ? "\"\"\"" : "'''");
  const size_t quotes = is_long ? 3 : 1;
  for (size_t i = first + quotes; i < text.size(); ++i) {
    if (escapes && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote && text.substr(i, quotes) == text.substr(first, quotes)) {
      return i + quotes;
    } else if (!is_long && text[i] == '\n') {
      return i;
    }
  }
  return text.size();
}

// Brackets that are open, and the most that ever were.
class Brackets {
 public:
  void see(char c) {
    if (c == '[' || c == '{') most_ = std::max(most_, ++open_);
    if ((c == ']' || c == '}') && open_ > 0) --open_;
  }
  size_t most() const { return most_; }

 private:
  size_t open_ = 0, most_ = 0;
};

}  // namespace

size_t json_nesting(std::string_view text) {
  Brackets brackets;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (in_string && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      in_string = !in_string;
    } else if (!in_string) {
      brackets.see(text[i]);
    }
  }
  return brackets.most();
}

size_t toml_nesting(std::string_view text) {
  Brackets brackets;
  size_t dots = 0, most_dots = 0;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '"' || c == '\'') {
      i = end_of_string(text, i);
      continue;
    }
    if (c == '#') {
      i = std::min(text.find('\n', i), text.size());
      continue;
    }
    brackets.see(c);
    if (c == '.') most_dots = std::max(most_dots, ++dots);
    if (c == '\n' || c == '=' || c == ',' || c == '[' || c == '{') dots = 0;
    ++i;
  }
  return std::max(brackets.most(), most_dots);
}

void require_shallow_json(std::string_view text, const std::string& name) {
  if (json_nesting(text) > kDeepestNesting)
    throw IoError(fmt::format("{}: has more than {} levels of lists and objects", name, kDeepestNesting));
}

void require_shallow_toml(std::string_view text, const std::string& name) {
  if (toml_nesting(text) > kDeepestNesting)
    throw IoError(fmt::format("{}: has more than {} levels of tables and lists", name, kDeepestNesting));
}

}  // namespace shatterproof
