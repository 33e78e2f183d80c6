// SPDX-License-Identifier: Apache-2.0
#include "cli/printable_stream.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "shatterproof/core/error.h"

namespace shatterproof::cli {
namespace {

bool is_plain(std::string_view text) {
  constexpr char kFirst = ' ', kLast = '~';
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= kFirst && c <= kLast; });
}

}  // namespace

PrintableStream::Lines::int_type PrintableStream::Lines::overflow(int_type next) {
  if (traits_type::eq_int_type(next, traits_type::eof())) return traits_type::not_eof(next);
  const char c = traits_type::to_char_type(next);
  return xsputn(&c, 1) == 1 ? next : traits_type::eof();
}

std::streamsize PrintableStream::Lines::xsputn(const char* text, std::streamsize count) {
  std::string_view rest(text, static_cast<size_t>(count));
  for (size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    line_ += rest.substr(0, end);
    pass_on();
    to_ << '\n';
    rest.remove_prefix(end + 1);
  }
  line_ += rest;
  return to_ ? count : 0;
}

int PrintableStream::Lines::sync() {
  pass_on();
  return to_.flush() ? 0 : -1;
}

void PrintableStream::Lines::pass_on() {
  if (line_.empty()) return;
  to_ << (is_plain(line_) ? line_ : printable(line_, std::numeric_limits<size_t>::max()));
  line_.clear();
}

void PrintableStream::Lines::steer(std::string_view sequence) {
  pass_on();
  to_ << sequence;
}

void PrintableStream::paint(Ink ink, std::string_view text) {
  if (colours_) lines_.steer(ink == Ink::bad ? "\x1b[1;31m" : ink == Ink::doubtful ? "\x1b[33m" : "\x1b[32m");
  *this << text;
  if (colours_) lines_.steer("\x1b[0m");
}

void paint(std::ostream& out, Ink ink, std::string_view text) {
  if (auto* stream = dynamic_cast<PrintableStream*>(&out)) {
    stream->paint(ink, text);
  } else {
    out << text;
  }
}

}  // namespace shatterproof::cli
