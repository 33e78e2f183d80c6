// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "onnx/rewriter.h"

// Activations and norms that operator set 17 lacks, or has with another meaning, as the formula of several of
// its nodes. A rule that cannot say it throws std::invalid_argument naming the node.

namespace shatterproof::rewriting {

void gelu(Rewriter& to, Node& node);
void group_normalization(Rewriter& to, Node& node);
void mish(Rewriter& to, Node& node);
void rms_normalization(Rewriter& to, Node& node);
void softmax(Rewriter& to, Node& node);
void swish(Rewriter& to, Node& node);

}  // namespace shatterproof::rewriting
