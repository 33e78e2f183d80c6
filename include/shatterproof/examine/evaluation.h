// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "shatterproof/examine/session.h"
#include "shatterproof/examine/subject.h"
#include "shatterproof/results/record.h"
#include "shatterproof/results/writer.h"
#include "shatterproof/run/accuracy.h"

namespace shatterproof {

/// How well a subject with weights of its own does on labelled examples, all of what its results file holds.
struct Evaluation {
  ContextRecord context;
  Accuracy result;
  std::vector<Reading> readings;  ///< accuracy and loss
  CoverageRecord coverage;
  std::vector<std::string> remarks;  ///< what to know of how it was evaluated
};

/// Runs all examples that `options.examples` names, at most 256 at a time unless a mini-batch is asked for.
///
/// Throws what Session and accuracy_of throw, and std::invalid_argument for a family, whose weights are zero
/// until they are drawn, and when no examples are named.
Evaluation evaluate(const Subject& subject, const SessionOptions& options);

/// Every record, in the order that docs/results_format.md has. Does not close the writer.
void write(ResultsWriter& writer, const Evaluation& evaluation);

}  // namespace shatterproof
