// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "onnx/graph_draft.h"

namespace shatterproof {

/// Throws std::invalid_argument naming the node when the shape of an output of the graph differs between
/// random inputs of one shape: no batch can be put together of such. Runs the graph, with `batch` examples
/// and free axes at `free_size`, only when it has an operator whose output may differ so (NonZero, Unique,
/// Compress over data).
void reject_data_dependent_shapes(const GraphDraft& draft, int64_t batch, int64_t free_size,
                                  int64_t byte_limit);

}  // namespace shatterproof
