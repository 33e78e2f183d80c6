// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/examples.h"
#include "cli/run_setup.h"
#include "cli/subject.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/results/record.h"
#include "shatterproof/results/writer.h"

namespace shatterproof::cli {

/// A network, how it is drawn, what it runs on, how: everything a measurement is made from.
class Session {
 public:
  /// Reads NETWORK, its draws, its examples and the options of runs from the command line.
  Session(const Subject& subject, const Draws& draws, const Arguments& arguments, const ExampleNeeds& needs);

  /// The network and the batch of one seed. Callable from several threads at once.
  Trial trial(uint64_t seed) const;

  /// Measures every draw, draws in parallel, with progress on the console.
  MeasuredSeeds measure(const std::vector<std::string>& names, const MeasurementOptions& options,
                        const Console& console) const;

  /// Writes the inputs, taps and weights of the first draw into a folder.
  void dump(const std::string& folder) const;

  const Subject& subject() const { return subject_; }
  const Draws& draws() const { return draws_; }
  const RunSetup& setup() const { return setup_; }
  const Examples& examples() const { return examples_; }

  ContextRecord context(const Console& console) const;
  /// What was measured, with the notes of import and initialization.
  CoverageRecord coverage(const Coverage& coverage) const;

 private:
  const Subject& subject_;
  Draws draws_;
  RunSetup setup_;
  Examples examples_;
};

/// The writer that --json asks for: a file, or `out` for "-"; empty when it does not.
std::unique_ptr<ResultsWriter> results_writer(const std::string& json, std::ostream& out);

}  // namespace shatterproof::cli
