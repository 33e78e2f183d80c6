// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "shatterproof/examine/session.h"
#include "shatterproof/examine/subject.h"
#include "shatterproof/results/graph.h"
#include "shatterproof/results/record.h"
#include "shatterproof/results/writer.h"
#include "shatterproof/run/tap_source.h"

namespace shatterproof {

struct MeasureOptions : SessionOptions {
  std::string tap;       ///< read only the tap of this name; empty: those that definitions name
  bool predicts = true;  ///< also what theory says of the readings
  std::string dump;      ///< a folder that gets the taps of the first draw; empty: none
};

/// Readings without a verdict, all of what their results file holds.
struct MeasuredSubject {
  ContextRecord context;
  std::optional<GraphRecord> graph;  ///< of a network; a dump does not tell it
  std::vector<Reading> readings;     ///< means over the draws
  std::vector<PredictionRecord> predictions;
  CoverageRecord coverage;
  std::vector<std::string> remarks;  ///< what to know of how it was measured
};

/// Throws std::invalid_argument when there is no name, or one that no measurement has: what `measure` looks
/// at before anything else, for who has still to read the subject.
void require_measurements(const std::vector<std::string>& names);

/// Measures a subject over all its draws. Names may carry options, `gradient_autocorrelation:lags=30`.
/// Measurements along a path run on a path of their own, the others on independent examples, unless
/// `options.examples` names a source; readings are in the order of names within each. A subject that says
/// what it was before training keeps its weights.
///
/// Throws what Session and `measure` throw, and std::invalid_argument when a measurement needs weights before
/// training that are not known.
MeasuredSubject measure(const Subject& subject, const std::vector<std::string>& names,
                        const MeasureOptions& options = {});

/// The same of what was recorded: what it cannot give is undefined, with the reason.
MeasuredSubject measure(TapSource& dump, const std::vector<std::string>& names, const std::string& tap = {});

/// Every record, in the order that docs/results_format.md has. Does not close the writer.
void write(ResultsWriter& writer, const MeasuredSubject& measured);

}  // namespace shatterproof
