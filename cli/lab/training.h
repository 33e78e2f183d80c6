// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "cli/lab/setting.h"
#include "shatterproof/train/trainer.h"

namespace shatterproof::cli {

/// The training of a state of the laboratory, held over what is asked of it: a step more is one step, not all
/// of them again.
class LabTraining {
 public:
  LabTraining();
  ~LabTraining();

  /// The trainer behind the steps that `setting` asks for. It goes on from those made already where nothing
  /// but their number has changed since the last call and there were not more; else it begins anew. One step
  /// is an epoch, and the result is that of one training of so many epochs, to the bit. The trainer stays
  /// valid until the next call.
  ///
  /// Throws Interrupted, the steps that were made then being kept, and what `training_of` throws.
  /// Precondition: no noise, and steps.
  const Trainer& trained(const LabSetting& setting);

 private:
  struct Run;

  std::string what_;  // is trained: all controls but the steps
  std::unique_ptr<Run> run_;
};

}  // namespace shatterproof::cli
