// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <ostream>
#include <sstream>
#include <string>

#include "shatterproof/results/writer.h"

namespace shatterproof::cli {

/// Writes a record, or what `write` of the library makes several of.
template <typename... Parts>
void write_to(ResultsWriter& writer, const Parts&... parts) {
  if constexpr (requires { writer.write(parts...); }) {
    writer.write(parts...);
  } else {
    write(writer, parts...);
  }
}

/// Where the records of a command go: the file of --json, the page of --report, both or neither.
class Records {
 public:
  /// Each of `json` and `report` is a path or empty; `json` may be "-" for `out`. Throws
  /// std::invalid_argument when both are the same path, IoError when the file of --json cannot be made.
  Records(const std::string& json, const std::string& report, std::ostream& out);

  template <typename... Parts>
  void write(const Parts&... parts) {
    if (file_) write_to(*file_, parts...);
    if (lines_) write_to(*lines_, parts...);
  }

  /// Completes the file, then writes the page.
  void close();

  /// Whether anybody reads what is written.
  bool wanted() const { return file_ || lines_; }

 private:
  std::string report_;
  std::ostringstream text_;  // what the page is made of
  std::unique_ptr<ResultsWriter> file_, lines_;
};

/// Says where the page lies, as a command's last line; nothing when there is none.
void print_report_path(std::ostream& out, const std::string& report);

/// The bytes of a file. Throws IoError when it cannot be read.
std::string bytes_of(const std::filesystem::path& path);

/// The text of a results file. Throws IoError, with the line, on what is none.
std::string text_of_results(const std::string& path);

/// Writes the page that shows `results`, the text of a results file.
void write_report(const std::string& path, const std::string& results);

}  // namespace shatterproof::cli
