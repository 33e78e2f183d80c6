// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

/// How two networks are asked to learn the same for the same budget.
struct LearningOptions {
  Batch examples;       ///< labelled; without any nothing is trained
  int64_t steps = 200;  ///< at each rate
  int64_t batch = 64;   ///< examples of a step
  /// Of Adam. Several, so that a wrong rate is not taken for a sick network.
  std::vector<double> rates = {1e-4, 1e-3, 1e-2};
  std::string device = "cpu";
  at::ScalarType dtype = at::kFloat;
  uint64_t seed = 1;  ///< of the order of examples and of dropout
};

/// What one rate made of it.
struct LearningCurve {
  double rate = 0;
  double first_loss = 0;  ///< of the first step's examples, before it
  double loss = 0;        ///< mean over the last quarter of steps, each before it is made
  bool finite = true;     ///< else training stopped where a number was none
};

/// One network's part.
struct LearningResult {
  std::vector<LearningCurve> curves;  ///< in the order of rates
  double constant_loss = 0;           ///< of the best guess that looks at no input, in nats

  /// The curve with the smallest loss; nullptr when none stayed finite.
  const LearningCurve* best() const;
  /// Whether some rate takes a tenth of the constant's loss away.
  bool learns() const;
};

/// Trains a network for the budget at every rate, each time from the weights it has: cross entropy, batch
/// statistics attached.
///
/// Deterministic on one thread. Throws std::invalid_argument when the examples do not fit or have no labels,
/// and on options out of range, Interrupted on Ctrl-C.
LearningResult learned(const Network& network, const LearningOptions& options);

/// Throws what `learned` would, without training.
void require_learnable(const Network& network, const LearningOptions& options);

}  // namespace shatterproof
