// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/train/trainer.h"

namespace shatterproof {

/// Throws std::invalid_argument unless the network can be trained like this on these examples: it has one
/// output of classes and trainable parameters, the labels name classes, the images can be augmented, and
/// epochs, batch and learning rate are such numbers. Runs a batch of either set of examples to see the
/// classes.
void require_trainable(const Network& network, const TrainOptions& options, const Batch& train,
                       const Batch& test);

}  // namespace shatterproof
