// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/subject.h"
#include "shatterproof/dataset/batch.h"
#include "shatterproof/results/record.h"
#include "shatterproof/run/execution.h"

namespace shatterproof::cli {

/// How a command's runs are made.
struct RunSetup {
  RunOptions options;
  std::optional<BatchStatistics> batch_norm;  ///< as asked for; empty: each measurement's own
  int threads = 1;                      ///< in all, over draws in parallel
  int64_t memory = 0;                   ///< bytes, in all
};

/// Reads the options of runs. Throws std::invalid_argument, likewise when the words exclude each other.
RunSetup run_setup(const Subject& subject, const Draws& draws, const Arguments& arguments);

/// The context line of results: version, command line, date, what there is to say of every command.
ContextRecord context_record(const std::string& command_line);
/// The same, with how the runs were made.
ContextRecord context_record(const Subject& subject, const Draws& draws, const RunSetup& setup,
                             const std::string& command_line);

}  // namespace shatterproof::cli
