// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <onnx/onnx_pb.h>

#include <string>

#include "onnx/tensor_proto.h"
#include "shatterproof/network/node.h"

namespace shatterproof {

/// The attribute's value. `owner` is the node in words. Throws std::invalid_argument on subgraphs, sparse
/// tensors, types and references to a function's attributes.
Attribute attribute_of(const onnx::AttributeProto& proto, TensorReader& tensors, const std::string& owner);

onnx::AttributeProto attribute_proto(const std::string& name, const Attribute& attribute);

}  // namespace shatterproof
