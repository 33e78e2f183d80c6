// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <ostream>
#include <sstream>
#include <string>

#include "shatterproof/examine/check.h"
#include "shatterproof/examine/compare.h"
#include "shatterproof/results/writer.h"

namespace shatterproof::cli {

/// Where the records of a command go: the file of --json, the page of --report, both or neither.
class Records {
 public:
  /// Each of `json` and `report` is a path or empty; `json` may be "-" for `out`. Throws
  /// std::invalid_argument when both are the same path, IoError when the file of --json cannot be made.
  Records(const std::string& json, const std::string& report, std::ostream& out);

  template <typename Record>
  void write(const Record& record) {
    if (file_) file_->write(record);
    if (lines_) lines_->write(record);
  }
  void write(const Checked& checked) {
    if (file_) shatterproof::write(*file_, checked);
    if (lines_) shatterproof::write(*lines_, checked);
  }

  void write(const Results& a, const Results& b, const Comparison& comparison) {
    if (file_) shatterproof::write(*file_, a, b, comparison);
    if (lines_) shatterproof::write(*lines_, a, b, comparison);
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

/// Writes the page that shows `results`, the text of a results file.
void write_report(const std::string& path, const std::string& results);

}  // namespace shatterproof::cli
