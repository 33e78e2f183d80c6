// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/results/writer.h"

#include <fmt/format.h>

#include <iostream>
#include <optional>

#include "results/json.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/output_file.h"

namespace shatterproof {
namespace {

// JSON leaves DEL and the control characters from 0x80 on as they are; a terminal that shows the line obeys
// them.
std::string without_controls(std::string line) {
  constexpr char kDelete = 0x7f, kLead = '\xc2';
  if (line.find(kDelete) == std::string::npos && line.find(kLead) == std::string::npos) return line;
  std::string safe;
  for (size_t i = 0; i < line.size(); ++i) {
    const bool is_long = line[i] == kLead && i + 1 < line.size();
    const auto code = static_cast<unsigned char>(is_long ? line[i + 1] : line[i]);
    constexpr unsigned char kFirst = 0x80, kAfter = 0xa0;
    if (line[i] == kDelete || (is_long && code >= kFirst && code < kAfter)) {
      safe += fmt::format("\\u{:04x}", code);
      i += is_long ? 1 : 0;
    } else {
      safe += line[i];
    }
  }
  return safe;
}

}  // namespace

struct ResultsWriter::Destination {
  std::optional<OutputFile> file;
  std::ostream* stream = nullptr;  // null once closed

  void line(const Json& record) {
    if (!stream) reject("ResultsWriter", "nothing may be written after close", "a record");
    // Names come from foreign files: bytes that are no UTF-8 must not stop the report.
    *stream << without_controls(record.dump(-1, ' ', false, Json::error_handler_t::replace)) << '\n'
            << std::flush;
    if (file) file->check();
    if (!*stream) throw IoError("results: cannot write to the stream");
  }

  void close() {
    if (stream && file) file->close();
    stream = nullptr;
  }
};

ResultsWriter::ResultsWriter(const std::string& path) : destination_(std::make_unique<Destination>()) {
  if (path == "-") {
    destination_->stream = &std::cout;
  } else {
    destination_->stream = &destination_->file.emplace(path).stream();
  }
}

ResultsWriter::ResultsWriter(std::ostream& stream) : destination_(std::make_unique<Destination>()) {
  destination_->stream = &stream;
}

ResultsWriter::~ResultsWriter() = default;
ResultsWriter::ResultsWriter(ResultsWriter&&) noexcept = default;

void ResultsWriter::write(const ContextRecord& context) {
  destination_->line(to_json(context));
}
void ResultsWriter::write(const CaseRecord& one) {
  destination_->line(to_json(one));
}
void ResultsWriter::write(const GraphRecord& graph) {
  destination_->line(to_json(graph));
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
void ResultsWriter::write(const VerdictRecord& verdict) {
  destination_->line(to_json(verdict));
}
void ResultsWriter::write(const Claim& claim) {
  destination_->line(to_json(claim));
}
void ResultsWriter::write(const DifferenceRecord& difference) {
  destination_->line(to_json(difference));
}
void ResultsWriter::write(const ChangeRecord& change) {
  destination_->line(to_json(change));
}
void ResultsWriter::write(const EpochRecord& epoch) {
  destination_->line(to_json(epoch));
}
void ResultsWriter::write(const CoverageRecord& coverage) {
  destination_->line(to_json(coverage));
}
void ResultsWriter::close() {
  destination_->close();
}

}  // namespace shatterproof
