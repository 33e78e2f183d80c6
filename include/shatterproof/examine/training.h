// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shatterproof/dataset/catalog.h"
#include "shatterproof/examine/settings.h"
#include "shatterproof/examine/subject.h"
#include "shatterproof/train/training_run.h"

namespace shatterproof {

/// How a subject is to be trained, beside what Settings say.
struct TrainingRequest {
  std::string examples, test;  ///< as the catalog of data sets has them; `test` may be empty
  int64_t limit = 0;           ///< only the first so many training examples; 0: all
  Preprocessing preprocessing;
  Layout layout = Layout::automatic;
  /// Training examples are brought to mean 0 and deviation 1, per channel, test examples alike; takes the
  /// place of `preprocessing`.
  bool standardize = false;
  int64_t probe = 0;          ///< first examples that are measured on; 0: half of a step's
  bool budget_rates = false;  ///< learning rates of layers proportional to update_budget on the probe
  TrainOptions options;       ///< device, dtype, seed and redraw come from the settings
  TrainingRunOptions run;     ///< likewise its request and probe
};

/// A training about to begin: what Trainer and run_training are given.
struct Training {
  Network network;
  Batch examples, test;
  TrainOptions options;
  TrainingRunOptions run;          ///< without its callbacks
  std::vector<std::string> notes;  ///< of import and initialization
  ContextRecord context;           ///< `command` left empty
};

/// Draws the weights, reads the examples and resolves all options. The subject must outlive it.
///
/// Throws std::invalid_argument when the subject takes one number of examples only, when the examples do not
/// fit it, when a step does not fit into the memory of the settings; IoError when they cannot be read; all
/// before anything is trained.
Training training_of(const Subject& subject, const Settings& settings, TrainingRequest request);

/// Gives measurements that compare with the weights before training those that training began with last:
/// drawn anew, they are others. The training must stay where it is.
void keep_untrained_weights(Training& training);

/// What the coverage says of a training.
CoverageRecord coverage_of(const Training& training);

}  // namespace shatterproof
