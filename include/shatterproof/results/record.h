// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shatterproof/results/reading.h"

namespace shatterproof {

/// The version of the results file this library writes; docs/results_format.md is its contract.
inline constexpr int kResultsSchema = 1;

/// How everything in a results file was made: its first line.
struct ContextRecord {
  int schema = kResultsSchema;
  std::string version;      ///< of the program
  std::string command;      ///< as it was typed
  std::string network;      ///< path or family with its options
  std::string inputs;       ///< what the batch was: "cifar10, 256 examples"
  std::string initializer;  ///< the scheme that re-drew the weights; empty when they are the file's own
  int64_t examples = 0;
  uint64_t seed = 1;  ///< the first of `seeds`
  int64_t seeds = 1;
  std::string functional, batch_norm, dtype, device;
  int threads = 1;
  std::string libtorch;
  std::string date;  ///< ISO 8601, UTC
};

/// What theory says a reading should be, on the reading's own axes.
struct PredictionRecord {
  Reading reading;
  std::string theory;  ///< its name: "arc_cosine"
  std::string assumes;
};

/// What was measured, approximated and skipped: its last line.
struct CoverageRecord {
  struct Skipped {
    std::string node;
    std::string reason;
  };
  std::string case_name;
  int64_t nodes = 0;
  int64_t measured = 0;
  std::vector<std::string> approximated;
  std::vector<Skipped> skipped;
};

}  // namespace shatterproof
