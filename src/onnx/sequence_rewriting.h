// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "onnx/graph_draft.h"

namespace shatterproof {

/// Replaces sequences of tensors that are put together and taken apart at constant places by the tensors:
/// what SequenceAt takes of SplitToSequence by a Slice, of SequenceConstruct by its element,
/// ConcatFromSequence of SequenceConstruct by a Concat. PyTorch 2 writes a split that way when it does not
/// optimize. Other uses of sequences stay, to be refused by name. Nodes must be sorted.
void unwrap_sequences(GraphDraft& draft);

}  // namespace shatterproof
