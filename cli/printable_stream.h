// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <streambuf>
#include <string>

namespace shatterproof::cli {

/// Passes lines on to another stream with every control character and every byte that is not UTF-8 escaped as
/// \xNN: names from files and words of a command line must not steer a terminal.
class PrintableStream : public std::ostream {
 public:
  explicit PrintableStream(std::ostream& to) : std::ostream(nullptr), lines_(to) { rdbuf(&lines_); }
  ~PrintableStream() override { lines_.pass_on(); }

 private:
  class Lines : public std::streambuf {
   public:
    explicit Lines(std::ostream& to) : to_(to) {}
    void pass_on();

   private:
    int_type overflow(int_type next) override;
    std::streamsize xsputn(const char* text, std::streamsize count) override;
    int sync() override;

    std::ostream& to_;
    std::string line_;
  };

  Lines lines_;
};

}  // namespace shatterproof::cli
