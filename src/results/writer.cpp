// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/results/writer.h"

#include <fmt/format.h>

#include <iostream>
#include <optional>

#include "results/json.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/output_file.h"

namespace shatterproof {

struct ResultsWriter::Destination {
  std::optional<OutputFile> file;
  std::ostream* stream = nullptr;  // null once closed

  void line(const Json& record) {
    if (!stream) reject("ResultsWriter", "nothing may be written after close", "a record");
    // Names come from foreign files: bytes that are no UTF-8 must not stop the report.
    *stream << record.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n' << std::flush;
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
