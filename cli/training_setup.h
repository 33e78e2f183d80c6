// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/subject.h"
#include "shatterproof/dataset/batch.h"
#include "shatterproof/train/training_run.h"

namespace shatterproof::cli {

/// Words of `train`, beside those of other commands.
struct TrainArguments : Arguments {
  std::string data, limit, test, probe;
  bool standardize = false;
  std::string epochs, optimizer, learning_rate, schedule, layer_rates, loss, augment;
  std::vector<std::string> measure;
  std::string checkpoint, checkpoint_every, keep;
  bool resume = false;
  std::string output;
};

/// What a training is made of.
struct TrainingSetup {
  Network network;
  Batch examples, test, probe;
  TrainOptions options;
  TrainingRunOptions run;          ///< without its callbacks
  std::vector<std::string> notes;  ///< of import and initialization
};

/// Reads the examples and all options. Throws std::invalid_argument and IoError before anything is trained.
TrainingSetup training_setup(const Subject& subject, const Settings& settings,
                             const TrainArguments& arguments);

}  // namespace shatterproof::cli
