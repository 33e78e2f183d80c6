// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/network/node.h"

namespace shatterproof {

/// Whether the node turns scores into probabilities or their logarithms.
inline bool is_softmax(const Node& node) {
  return node.op == "Softmax" || node.op == "LogSoftmax";
}

}  // namespace shatterproof
