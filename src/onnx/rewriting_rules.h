// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "onnx/rewriter.h"

// How a node of another operator set is said in operator set 17. A rule that cannot say it throws
// std::invalid_argument naming the node.

namespace shatterproof::rewriting {

void average_pool(Rewriter& to, Node& node);
void axes_to_attribute(Rewriter& to, Node& node);
void axes_to_input(Rewriter& to, Node& node);
void batch_normalization(Rewriter& to, Node& node);
void cast(Rewriter& to, Node& node);
void clip(Rewriter& to, Node& node);
void dropout(Rewriter& to, Node& node);
void grid_sample(Rewriter& to, Node& node);
void lp_pool(Rewriter& to, Node& node);
void pad(Rewriter& to, Node& node);
void recurrent(Rewriter& to, Node& node);
void resize(Rewriter& to, Node& node);
void roi_align(Rewriter& to, Node& node);
void scatter(Rewriter& to, Node& node);
void slice(Rewriter& to, Node& node);
void split(Rewriter& to, Node& node);
void top_k(Rewriter& to, Node& node);

}  // namespace shatterproof::rewriting
