// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "onnx/graph_draft.h"

namespace shatterproof {

/// Notes in every input of whole numbers how many there are: the rows of the smallest table that a Gather
/// reads with them, through nodes that only move or cast them, or 2 where they index nothing (a mask). Nodes
/// must be sorted.
void find_vocabularies(GraphDraft& draft);

}  // namespace shatterproof
