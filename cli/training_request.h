// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.h"
#include "shatterproof/examine/training.h"

namespace shatterproof::cli {

/// Words of `train`, beside those of other commands.
struct TrainArguments : Arguments {
  std::string data, limit, test, probe;
  bool standardize = false;
  std::string epochs, optimizer, learning_rate, schedule, layer_rates, loss, augment;
  std::vector<std::string> measure;
  std::string checkpoint, checkpoint_every, keep;
  bool resume = false, resume_anyway = false;
  std::string output;
};

/// Reads what says how to train. Throws std::invalid_argument and IoError.
TrainingRequest training_request(const TrainArguments& arguments);

}  // namespace shatterproof::cli
