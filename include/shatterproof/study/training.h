// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace shatterproof {

/// How the networks of a study's case are trained: one trial for each seed, which draws weights, order of
/// examples and augmentation.
///
/// The readings of such a case are curves over epochs, averaged over trials: `train_loss`, `train_accuracy`,
/// `test_loss` and `test_accuracy` of EpochRecord. A trial that the schedule ends early keeps its last
/// values; one whose loss, gradients or weights become NaN or infinite is undefined. Measurements of the
/// catalog are made on the trained network and the first training images, as many as the case's inputs say;
/// those that need initial weights know them.
struct StudyTraining {
  int64_t examples = 5000;       ///< the first so many training images
  int64_t test_examples = 1000;  ///< likewise
  int64_t epochs = 5;
  int64_t batch = 256;
  std::string optimizer = "adam:epsilon=1e-6";
  std::optional<double> learning_rate_times_depth;  ///< the rate is this, 0.0297, over the family's `depth`
  std::optional<double> learning_rate;              ///< the rate itself, in place of that
  /// In place of both: each is tried, all readings are those of the one that ended with the least training
  /// loss, and the reading `learning_rate` says which; undefined where every one met an accident.
  std::vector<double> learning_rates;
  /// "update_budget": the rate of each layer is in proportion to it, as measured on the first `batch`
  /// training images before training; empty: one rate for all.
  std::string layer_rates;
  double stop_accuracy = 0;  ///< of training, from which an epoch is the last; 0: none is
  std::string schedule = "auto";
  std::string augment = "image";
};

}  // namespace shatterproof
