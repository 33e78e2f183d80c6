// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <onnx/onnx_pb.h>

namespace shatterproof {

using NodeProtos = google::protobuf::RepeatedPtrField<onnx::NodeProto>;

/// The nodes of the main graph, each call of a model-local function replaced by the function's nodes.
///
/// Their values and names are prefixed with the call's name; references to attributes of the function become
/// the call's values or the function's defaults, or are left out. Throws std::invalid_argument naming the
/// function when it is defined twice, calls itself, is written in another operator set than the model or
/// makes more than 2^20 nodes, and naming the node when a call has more inputs or outputs than the function.
NodeProtos inlined_nodes(const onnx::ModelProto& model);

}  // namespace shatterproof
