// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/diagnose/facts.h"
#include "shatterproof/network/layer.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

/// What the numbers of a batch are, for a network with this graph. O(numbers).
InputFacts input_facts(const Network& graph, const Structure& structure, const Batch& batch);

/// What the logits of a batch are that a network with this graph ends in: outputs of [examples, K] or
/// [examples, positions, K], K from 2 to 2^20, a final softmax taken off; without classes for anything else.
/// For the loss, labels are taken to be equally likely; the accuracy is that on `labels`, whose first are
/// those of these examples.
OutputFacts output_facts(const Network& graph, const std::vector<at::Tensor>& logits,
                         const at::Tensor& labels = {});

}  // namespace shatterproof
