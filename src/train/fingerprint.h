// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

/// What a network's graph is, in words and as a number: inputs, nodes with their attributes, outputs, the
/// names and shapes of parameters, and the values of those that training leaves as they are. Equal for
/// networks that differ in trainable weights and in the stored statistics of batch norms only.
std::string fingerprint(const Network& network);
/// A number made of what training changes: trainable weights and stored statistics.
std::string fingerprint_of_weights(const Network& network);
/// What examples are: how many, and a number made of all their inputs and labels. As fast as memory is read.
std::string fingerprint(const Batch& examples);

}  // namespace shatterproof
