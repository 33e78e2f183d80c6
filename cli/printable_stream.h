// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>

namespace shatterproof::cli {

/// What a word says by its colour, where colours are shown.
enum class Ink { bad, doubtful, good };

/// Passes lines on to another stream with every control character and every byte that is not UTF-8 escaped as
/// \xNN: names from files and words of a command line must not steer a terminal.
class PrintableStream : public std::ostream {
 public:
  /// `colours`: whether `paint` shows them.
  explicit PrintableStream(std::ostream& to, bool colours = false)
      : std::ostream(nullptr), colours_(colours), lines_(to) {
    rdbuf(&lines_);
  }
  ~PrintableStream() override { lines_.pass_on(); }

  void paint(Ink ink, std::string_view text);

 private:
  class Lines : public std::streambuf {
   public:
    explicit Lines(std::ostream& to) : to_(to) {}
    void pass_on();
    /// Passes on what there is, then `sequence` as it is.
    void steer(std::string_view sequence);

   private:
    int_type overflow(int_type next) override;
    std::streamsize xsputn(const char* text, std::streamsize count) override;
    int sync() override;

    std::ostream& to_;
    std::string line_;
  };

  bool colours_;
  Lines lines_;
};

/// Writes `text`, in that ink where `out` is a PrintableStream that shows colours.
void paint(std::ostream& out, Ink ink, std::string_view text);

}  // namespace shatterproof::cli
