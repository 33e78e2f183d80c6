// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/dataset/catalog.h"
#include "shatterproof/examine/subject.h"
#include "shatterproof/run/run_options.h"

namespace shatterproof {

/// The examples that somebody asks for.
struct ExampleRequest {
  std::string source;  ///< as the catalog of data sets has it; empty: Gaussian of the inputs' shapes
  Preprocessing preprocessing;
  Layout layout = Layout::automatic;
  int64_t count = 0;         ///< 0: 256, fewer where they do not fit into the memory
  bool along_path = false;   ///< an empty source is a grid or a path
  bool all = false;          ///< every example of a file, not the first 256
  bool standardize = false;  ///< every channel brought to mean 0 and deviation 1 over the examples
};

/// What runs may take.
struct ExampleLimits {
  int64_t memory = 0;   ///< bytes, of all draws at once
  int64_t at_once = 1;  ///< draws in parallel
};

/// The examples a subject runs on: generated ones are new with every seed, a file's are the same.
class Examples {
 public:
  /// Without a number asked for takes as many examples as fit into the memory, otherwise chooses how many run
  /// at a time. Throws std::invalid_argument when they do not fit the network, IoError when they cannot be
  /// read.
  Examples(const Subject& subject, const ExampleRequest& request, const RunOptions& run,
           const ExampleLimits& limits);

  /// Callable from several threads at once.
  Batch batch(uint64_t seed) const;

  int64_t count() const { return count_; }
  int64_t mini_batch() const { return mini_batch_; }  ///< examples that run at a time; 0: all
  const std::string& description() const { return description_; }
  /// Where they come from, as the catalog of data sets has it.
  const std::string& source() const { return request_.source; }
  /// How their number was chosen when the memory decided it; else empty.
  const std::string& remark() const { return remark_; }

 private:
  void keep(int64_t count, Batch& sample);
  void fit(const Subject& subject, const RunOptions& run, const ExampleLimits& limits, bool count_is_free,
           Batch& sample);

  DatasetRequest request_;
  std::vector<Input> inputs_;
  Batch file_;  // what was read, when it is not drawn
  bool standardizes_;
  int64_t count_ = 0, mini_batch_ = 0;
  std::string description_, remark_;
};

}  // namespace shatterproof
