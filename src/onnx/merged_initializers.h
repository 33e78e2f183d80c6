// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "onnx/graph_draft.h"

namespace shatterproof {

/// Gives every slot that shares a small initializer without sharing a module a parameter of its own. Returns
/// how many parameters it made. See settle_sharing.
int64_t part_merged_initializers(GraphDraft& draft);

}  // namespace shatterproof
