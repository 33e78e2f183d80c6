// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shatterproof/results/reading.h"
#include "shatterproof/results/record.h"

namespace shatterproof {

class FolderLock;

/// How far training has come.
struct TrainingProgress {
  int64_t step = 0;     ///< steps made
  int64_t redraws = 0;  ///< times that other initial weights were drawn
  double loss_sum = 0;  ///< of the present epoch so far, over its examples
  int64_t correct = 0, examples = 0;
  double seconds = 0;  ///< that the present epoch has taken
  std::vector<EpochRecord> epochs;
  std::string stopped;  ///< why the schedule ended it before its last epoch; empty when it did not
};

/// All that the rest of training depends on. Random numbers have no state: they are functions of seed, epoch
/// and step.
struct TrainingState : TrainingProgress {
  std::string network;            ///< what its graph is: names, operators, shapes
  std::string settings;           ///< TrainOptions::key, and what initial weights and examples were
  std::string measurements;       ///< what is measured on the way, and on which examples
  std::vector<double> schedule;   ///< Schedule::state
  std::vector<Reading> readings;  ///< measured on the way
  std::map<std::string, at::Tensor> parameters, optimizer;
};

/// Writes a state: a line that names the format, a line of JSON, the numbers of all tensors, a checksum.
///
/// Under a temporary name beside its own, brought to the disk, then renamed: `path` holds a whole state or is
/// not touched, even when the power is cut. Throws IoError naming path and cause, as when the disk is full.
void write_checkpoint(const std::filesystem::path& path, const TrainingState& state);

/// Reads a state back, the same to the bit. Throws IoError naming path and cause when the file is cut short,
/// altered or none.
TrainingState read_checkpoint(const std::filesystem::path& path);

/// A folder of checkpoints, step_000120.checkpoint.
class CheckpointFolder {
 public:
  /// Makes the folder when it is not there, locks it, and removes what killed writers left in it. Keeps the
  /// last `kept` checkpoints. Throws IoError when another run works in the folder or the world refuses,
  /// std::invalid_argument unless kept >= 1.
  CheckpointFolder(std::filesystem::path folder, int64_t kept);
  ~CheckpointFolder();

  /// Writes the state, then removes the oldest ones beyond `kept`; those but the newest first where there is
  /// no room otherwise.
  void write(const TrainingState& state);
  /// The newest state; none when there is no checkpoint. One that cannot be read is an IoError, never passed
  /// over.
  std::optional<TrainingState> last() const;
  /// The files, oldest first.
  std::vector<std::filesystem::path> files() const;

 private:
  void remove_all_but(size_t newest) const;

  std::filesystem::path folder_;
  int64_t kept_;
  std::unique_ptr<FolderLock> lock_;
};

}  // namespace shatterproof
