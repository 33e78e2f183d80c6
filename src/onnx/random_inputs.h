// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "onnx/graph_draft.h"

namespace shatterproof {

/// One tensor of `batch` examples per input, free axes at `free_size`: standard normal numbers, or 0 and 1
/// for whole numbers and bool. Every input must have a first axis. Throws std::invalid_argument when one
/// would take more than `byte_limit` bytes.
std::vector<at::Tensor> random_inputs(const GraphDraft& draft, int64_t batch, int64_t free_size,
                                      uint64_t seed, int64_t byte_limit);

}  // namespace shatterproof
