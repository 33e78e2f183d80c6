// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "onnx/graph_draft.h"
#include "shatterproof/onnx/import.h"

namespace shatterproof {

struct Folding {
  int64_t nodes = 0;           ///< replaced by the constants they compute
  std::vector<Alias> aliases;  ///< constants that were the Identity of another
  std::vector<Node> moved;     ///< those of the nodes that only moved a floating-point constant, in order
};

/// Evaluates every node that reads constants only and rearranges them, fills or adds: such chains are how
/// exporters write weights. Results are constants of their own, sharing no memory. Nodes must be sorted.
/// Throws std::invalid_argument when the results together would take more than `byte_limit` bytes or 4 GiB.
Folding fold_constants(GraphDraft& draft, int64_t byte_limit);

}  // namespace shatterproof
