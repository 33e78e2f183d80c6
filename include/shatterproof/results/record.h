// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "shatterproof/results/reading.h"

namespace shatterproof {

/// The version of the results file this library writes; docs/results_format.md is its contract.
inline constexpr int kResultsSchema = 2;

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
  int64_t seeds = 1;  ///< 0: seeds and examples are as each case says
  std::string functional, batch_norm, dtype, device;
  int threads = 1;
  std::string libtorch;
  std::string date;                    ///< ISO 8601, UTC; empty of results that are the same whenever made
  std::string title, reference, note;  ///< of a study: what it shows, where it was published, what to know
};

/// How one of several networks in a results file was drawn and run.
struct CaseRecord {
  std::string name;
  std::string network;  ///< a family with its options, or what stands for a network: "noise: white"
  std::string inputs, initializer, functional;
  std::string batch_norm;  ///< empty: what each measurement prefers
  std::string dtype;
  int64_t seeds = 1;
  /// Where it stands among the cases of one sweep: {"depth", 10}.
  std::map<std::string, double> at;
  std::map<std::string, std::string> choices;  ///< the same of words: {"norm", "batch"}
  std::string settings;  ///< all that its study's file says of it, training included, as TOML
};

/// What theory says a reading should be, on the reading's own axes.
struct PredictionRecord {
  Reading reading;
  std::string theory;  ///< its name: "arc_cosine"
  std::string assumes;
};

/// What one epoch of training came to.
struct EpochRecord {
  std::string case_name;      ///< which of several networks or draws, empty when there is one
  int64_t epoch = 0;          ///< counted from 1
  double train_loss = 0;      ///< mean over the epoch's examples as its steps saw them
  double train_accuracy = 0;  ///< likewise, in [0, 1]
  std::optional<double> test_loss, test_accuracy;  ///< after the epoch; none without test examples
  double learning_rate = 0;                        ///< of its last step
  double images_per_second = 0;                    ///< training only; 0 when not timed
};

/// What the rules concluded as a whole.
struct VerdictRecord {
  std::string verdict;  ///< the worst finding's severity, "watch" or "critical"; else "healthy" or "unknown"
  std::vector<std::string> healthy;  ///< what was checked and found fine, a sentence each
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
