// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <memory>
#include <string>

#include "shatterproof/results/change.h"
#include "shatterproof/results/claim.h"
#include "shatterproof/results/difference.h"
#include "shatterproof/results/finding.h"
#include "shatterproof/results/graph.h"
#include "shatterproof/results/record.h"

namespace shatterproof {

/// Writes a results file: JSON Lines, one record per line, as docs/results_format.md has it.
///
/// A file is written under a temporary name beside its own and renamed by `close`, so that a partial result
/// never looks whole; without `close` nothing is left behind. A stream gets each line as soon as it is
/// written. Every call throws IoError naming the path and the cause when the world refuses.
class ResultsWriter {
 public:
  /// "-" is standard output; what exists and is no regular file (a pipe, /dev/null) is written in place.
  explicit ResultsWriter(const std::string& path);
  /// Writes to a stream that outlives the writer.
  explicit ResultsWriter(std::ostream& stream);
  ~ResultsWriter();
  ResultsWriter(ResultsWriter&&) noexcept;

  void write(const ContextRecord& context);
  void write(const CaseRecord& one);
  void write(const GraphRecord& graph);
  void write(const Reading& reading);
  void write(const PredictionRecord& prediction);
  void write(const Finding& finding);
  void write(const VerdictRecord& verdict);
  void write(const Claim& claim);
  void write(const DifferenceRecord& difference);
  void write(const ChangeRecord& change);
  void write(const EpochRecord& epoch);
  void write(const CoverageRecord& coverage);

  /// Ends the file. Idempotent; nothing may be written afterwards.
  void close();

 private:
  struct Destination;
  std::unique_ptr<Destination> destination_;
};

}  // namespace shatterproof
