// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/run/tap_source.h"
#include "shatterproof/train/rehearsal.h"

namespace shatterproof {

/// How a network fares with its user's own loss and labels on one batch.
struct OwnRehearsal {
  Rehearsal rehearsal;  ///< between the least loss of what its outputs can be, and of a constant among these
  /// The same of outputs that may be any numbers, and the least of those within reach; where they are known.
  std::optional<double> least_loss, constant_loss, reachable_loss;
  double outputs_size = 0;       ///< root mean square of the first output
  double answers_mean = 0;       ///< of the first output where the loss is least
  double answers_deviation = 0;  ///< of all its numbers; 0 where the least is not known
  /// What is left of the constant's loss once the first output is multiplied by `scale()` and moved by
  /// `answers_mean`; tried where those are far from what comes out and nothing is learned.
  std::optional<double> scaled_share;

  /// Which part of a constant's loss stays whatever the network does, as its outputs are bounded.
  double beyond_reach() const;
  /// What brings outputs of their size, those below 1 as 1, to the deviation of the answers.
  double scale() const;
};

/// The loss of a batch, beside its labels; empty where there is none.
using LossOfBatch = std::function<OwnLoss(const Batch&)>;

/// `rehearsal` with a loss of the user's in place of random answers. One that refuses fewer examples than
/// there are gets all of them, up to 256. Empty without a loss, or where it fails.
///
/// What a network is asked lies between two losses that are searched for by L-BFGS over the outputs alone
/// (about a thousand evaluations of the loss): the least that outputs within its reach can have, and the
/// least of outputs that are the same for every example. `unjudged` where there are no such, as of a loss
/// that falls without end.
///
/// Throws Interrupted on Ctrl-C.
std::optional<OwnRehearsal> own_rehearsal(TapSource& source, const LossOfBatch& loss, const Batch& batch,
                                          const RehearsalOptions& options = {});

}  // namespace shatterproof
