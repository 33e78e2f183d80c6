// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "cli/arguments.h"
#include "cli/run_setup.h"
#include "cli/subject.h"
#include "shatterproof/dataset/batch.h"
#include "shatterproof/dataset/catalog.h"

namespace shatterproof::cli {

/// --scale --mean --std. Throws std::invalid_argument.
Preprocessing preprocessing_of(const Arguments& arguments);

/// What a command needs of its examples when the command line does not say.
struct ExampleNeeds {
  bool along_path = false;  ///< along a grid or a path
  bool all = false;      ///< every example of a file, not the first 256
};

/// The examples a command runs on: generated ones are new with every seed, a file's are the same.
class Examples {
 public:
  /// Reads the options of inputs. Without a number asked for, takes as many examples as fit into the memory;
  /// otherwise chooses how many run at a time, written into `setup.options.mini_batch`.
  Examples(const Subject& subject, const Draws& draws, const Arguments& arguments, const ExampleNeeds& needs,
           RunSetup& setup);

  /// Callable from several threads at once.
  Batch batch(uint64_t seed) const;

  int64_t count() const { return count_; }
  std::string description() const { return description_; }
  /// Where they come from, as --inputs has it.
  const std::string& source() const { return request_.source; }
  /// How their number was chosen when the memory decided it; else empty.
  const std::string& remark() const { return remark_; }

 private:
  void keep(int64_t count, Batch& sample);
  void fit(const Subject& subject, const Draws& draws, bool count_is_free, Batch& sample, RunSetup& setup);

  DatasetRequest request_;
  std::vector<Input> inputs_;
  Batch file_;  ///< what was read, when it is not drawn
  int64_t count_ = 0;
  std::string description_, remark_;
};

}  // namespace shatterproof::cli
