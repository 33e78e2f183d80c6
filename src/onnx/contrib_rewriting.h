// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "onnx/graph_draft.h"

namespace shatterproof {

/// Whether `op` is one that ONNX Runtime contributed ("com.microsoft", or without a domain where it writes
/// none) and that is read as the ONNX operators it stands for.
bool is_contributed(const std::string& domain, const std::string& op);

/// Adds the nodes that the contributed node stands for, so that a sum within it is a sum and a norm a norm.
/// Its initializers must be known already. Throws std::invalid_argument naming the node on what has no such
/// form: a cache of keys and values, packed heads.
void add_contributed(GraphDraft& draft, Node node);

}  // namespace shatterproof
