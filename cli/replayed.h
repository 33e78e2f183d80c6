// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "shatterproof/diagnose/rule.h"
#include "shatterproof/measure/measurement.h"
#include "shatterproof/results/record.h"
#include "shatterproof/run/tap.h"

namespace shatterproof::cli {

/// What a dump of taps shows without its network.
struct Replayed {
  std::vector<Reading> readings;
  std::vector<Tap> taps;
  RunContext context;
  int64_t output_numbers = 0;  ///< per example; 0 when the dump has no output tap
  CoverageRecord coverage;     ///< taps for nodes; what a dump cannot tell is skipped, with the reason
};

/// Measures a dump. Throws IoError when the folder is none, std::invalid_argument on an unknown name.
Replayed replayed(const std::string& folder, const std::vector<std::string>& names,
                  const MeasurementOptions& options);

/// The context line of its results.
ContextRecord context_record(const Replayed& replayed, const std::string& folder,
                             const std::string& command_line);

/// What the rules can look at: the readings, and the layers and residual sums that the taps tell of.
Examination examine(const Replayed& replayed);

}  // namespace shatterproof::cli
