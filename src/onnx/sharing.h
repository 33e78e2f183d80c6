// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "onnx/graph_draft.h"

namespace shatterproof {

/// Makes one parameter of what trains as one, and several of what trains apart, whatever the exporter made of
/// it. Returns what it did, a line each.
///
/// - A weight that reaches several slots, or is read beside what was moved out of it, stays one parameter:
/// the
///   nodes that moved it (`moved`, folded before: a Transpose, say) are put back.
/// - A table of which a part is read (positions of a shorter sequence) stays whole.
/// - The matrix of a readout that is bit for bit an embedding table, or its transpose, is that table.
/// - An initializer of up to 1,024 numbers that is read at several slots comes apart, for exporters merge
/// small
///   ones whose numbers are equal: one parameter per slot, except where the slots belong to one module that
///   is applied several times.
///
/// Nodes must be sorted and constants folded.
std::vector<std::string> settle_sharing(GraphDraft& draft, const std::vector<Node>& moved);

}  // namespace shatterproof
