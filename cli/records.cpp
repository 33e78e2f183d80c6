// SPDX-License-Identifier: Apache-2.0
#include "cli/records.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "cli/outputs.h"
#include "cli/subject.h"
#include "shatterproof/catalog/catalog.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/output_file.h"
#include "shatterproof/report/html.h"
#include "shatterproof/results/reader.h"

namespace shatterproof::cli {

Records::Records(const std::string& json, const std::string& report, std::ostream& out) : report_(report) {
  if (report == "-") reject("--report", "the page goes into a file", "-");
  if (!report.empty() && json == report) reject("--report", "must not be the file of --json", report);
  require_output_file("--report", report, ".html");
  file_ = results_writer(json, out);
  if (!report.empty()) lines_ = std::make_unique<ResultsWriter>(text_);
}

void Records::close() {
  if (file_) file_->close();
  if (!lines_) return;
  lines_->close();
  write_report(report_, text_.str());
}

void print_report_path(std::ostream& out, const std::string& report) {
  if (!report.empty()) out << "report    " << report << '\n';
}

std::string bytes_of(const std::filesystem::path& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  // Not `<< file.rdbuf()`, to which a device that fails is the end of the file.
  constexpr std::streamsize kAtOnce = 1 << 16;
  std::string bytes, part(kAtOnce, '\0');
  while (file.read(part.data(), kAtOnce) || file.gcount() > 0)
    bytes.append(part, 0, static_cast<size_t>(file.gcount()));
  if (!file.is_open() || file.bad())
    throw IoError(printable(path.string()) + ": cannot read: " + std::strerror(errno));
  return bytes;
}

std::string text_of_results(const std::string& path) {
  read_results(path);
  return bytes_of(path);
}

void write_report(const std::string& path, const std::string& results) {
  OutputFile file(path);
  file.stream() << html_report(results, catalog_lines("measurements"));
  file.close();
}

}  // namespace shatterproof::cli
