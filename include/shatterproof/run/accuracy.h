// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "shatterproof/run/execution.h"

namespace shatterproof {

/// How well a classifier does on labelled examples.
struct Accuracy {
  double accuracy = 0;  ///< share of examples whose largest output is their label, in [0, 1]
  double loss = 0;      ///< mean cross entropy in nats, -log p of the label
  int64_t examples = 0;
};

/// Of the first output, its values per example being logits, or probabilities where the network ends with
/// Softmax, or their logarithms where it ends with LogSoftmax. Sums in double. One forward pass.
///
/// Throws std::invalid_argument when the batch is empty or has no labels, or a label has no output.
Accuracy accuracy_of(const Network& network, Execution& execution, const Batch& batch);

}  // namespace shatterproof
