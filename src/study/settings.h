// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/study/study.h"

namespace shatterproof {

// The settings of a case and of its training, key by key as the file has them. What reads a file and what
// writes one, and by that what names kept work, walk over these lists; no others exist.

/// `visit(key, value)` for each setting beside the source. Case is StudyCase or const StudyCase.
template <typename Case, typename Visit>
void each_setting(Case& one, Visit&& visit) {
  visit("initializer", one.initializer);
  visit("inputs", one.inputs);
  visit("project", one.project);
  visit("order_by", one.order_by);
  visit("functional", one.functional);
  visit("batch_norm", one.batch_norm);
  visit("dtype", one.dtype);
  visit("tap", one.tap);
  visit("seeds", one.seeds);
  visit("check", one.check);
  visit("measure", one.measurements);
}

/// Likewise of the table `train`.
template <typename Training, typename Visit>
void each_setting_of_training(Training& one, Visit&& visit) {
  visit("examples", one.examples);
  visit("test_examples", one.test_examples);
  visit("epochs", one.epochs);
  visit("batch", one.batch);
  visit("optimizer", one.optimizer);
  visit("learning_rate_times_depth", one.learning_rate_times_depth);
  visit("learning_rate", one.learning_rate);
  visit("learning_rates", one.learning_rates);
  visit("layer_rates", one.layer_rates);
  visit("stop_accuracy", one.stop_accuracy);
  visit("schedule", one.schedule);
  visit("augment", one.augment);
}

}  // namespace shatterproof
