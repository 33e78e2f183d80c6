// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/results/writer.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "results/json.h"
#include "shatterproof/core/error.h"

namespace shatterproof {

namespace fs = std::filesystem;

struct ResultsWriter::Destination {
  std::string name;          // for errors
  fs::path path, temporary;  // empty unless a file that is renamed on close
  std::ofstream file;
  std::ostream* stream = nullptr;

  [[noreturn]] void refuse(const char* action) const {
    throw IoError(
        fmt::format("{}: cannot {}: {}", printable(name), action, std::strerror(errno ? errno : EIO)));
  }

  void open(const std::string& given) {
    name = given;
    std::error_code error;
    const fs::path real = fs::weakly_canonical(given, error);
    path = error ? fs::path(given) : real;
    if (fs::is_directory(path, error)) throw IoError(printable(name) + ": cannot write: is a directory");
    const bool in_place = fs::exists(path, error) && !fs::is_regular_file(path, error);
    temporary = in_place ? fs::path() : fs::path(path.string() + fmt::format(".{}.partial", getpid()));
    errno = 0;
    file.open(in_place ? path : temporary);
    stream = &file;
    if (!file) refuse("open for writing");
  }

  void line(const Json& record) {
    if (!stream) reject("ResultsWriter", "nothing may be written after close", "a record");
    errno = 0;
    // Names come from foreign files: bytes that are no UTF-8 must not stop the report.
    *stream << record.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n' << std::flush;
    if (!*stream) refuse("write");
  }

  void close() {
    if (!stream) return;
    const bool is_file = stream == &file;
    stream = nullptr;
    if (!is_file) return;
    errno = 0;
    file.close();
    if (!file) refuse("write");
    if (temporary.empty()) return;
    std::error_code error;
    fs::rename(temporary, path, error);
    if (error) throw IoError(fmt::format("{}: cannot rename: {}", printable(name), error.message()));
    temporary.clear();
  }

  ~Destination() {
    if (temporary.empty()) return;
    std::error_code ignored;
    file.close();
    fs::remove(temporary, ignored);
  }
};

ResultsWriter::ResultsWriter(const std::string& path) : destination_(std::make_unique<Destination>()) {
  if (path == "-") {
    destination_->name = "standard output";
    destination_->stream = &std::cout;
  } else {
    destination_->open(path);
  }
}

ResultsWriter::ResultsWriter(std::ostream& stream) : destination_(std::make_unique<Destination>()) {
  destination_->name = "results";
  destination_->stream = &stream;
}

ResultsWriter::~ResultsWriter() = default;
ResultsWriter::ResultsWriter(ResultsWriter&&) noexcept = default;

void ResultsWriter::write(const ContextRecord& context) {
  destination_->line(to_json(context));
}
void ResultsWriter::write(const Reading& reading) {
  destination_->line(to_json(reading));
}
void ResultsWriter::write(const PredictionRecord& prediction) {
  destination_->line(to_json(prediction));
}
void ResultsWriter::write(const Finding& finding) {
  destination_->line(to_json(finding));
}
void ResultsWriter::write(const Claim& claim) {
  destination_->line(to_json(claim));
}
void ResultsWriter::write(const CoverageRecord& coverage) {
  destination_->line(to_json(coverage));
}
void ResultsWriter::close() {
  destination_->close();
}

}  // namespace shatterproof
