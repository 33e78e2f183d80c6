// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

/// What a network's graph is, in words and as a number: equal for networks that differ in weights only.
std::string fingerprint(const Network& network);
/// What labelled examples are: how many, and a number made of their labels and of the first example.
std::string fingerprint(const Batch& examples);

}  // namespace shatterproof
