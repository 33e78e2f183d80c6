// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>

#include "onnx/function_inlining.h"

namespace shatterproof {

/// The nodes, each `If` whose condition is the same whatever the data and the size of the batch replaced by
/// the branch that it takes: a condition over constants, or over sizes that the file fixes. Others stay.
NodeProtos with_decided_branches(const onnx::ModelProto& model, NodeProtos nodes,
                                 const std::filesystem::path& path, int64_t byte_limit);

/// Throws std::invalid_argument naming the node when it is control flow: If, Loop, Scan or SequenceMap.
void reject_control_flow(const onnx::NodeProto& node);

}  // namespace shatterproof
