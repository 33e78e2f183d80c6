// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>

#include "onnx/function_inlining.h"
#include "onnx/graph_draft.h"
#include "onnx/tensor_proto.h"

namespace shatterproof {

/// Parses the file. Throws IoError naming path and cause: not a regular file, empty, beyond protobuf's 2 GiB,
/// truncated, not a model at all.
onnx::ModelProto read_model(const std::filesystem::path& path);

/// Whether operators of `domain` are ONNX's own.
bool is_onnx_domain(const std::string& domain);

/// The version of ONNX's own operator set that the model asks for. Throws std::invalid_argument unless it is
/// from 7 to 25.
int64_t operator_set_of(const onnx::ModelProto& model);

/// The nodes of the main graph as they are read: model-local functions inlined, and of every `If` that
/// constants and sizes decide the branch it takes.
NodeProtos nodes_of(const onnx::ModelProto& model, const std::filesystem::path& path, int64_t byte_limit);

/// The main graph with these nodes: inputs, outputs, nodes in the file's order, constants. Throws
/// std::invalid_argument on what has no counterpart in a Network: control flow, unknown domains, sequences,
/// strings, sparse tensors.
GraphDraft read_graph(const onnx::ModelProto& model, const NodeProtos& nodes, TensorReader& tensors);

}  // namespace shatterproof
