// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <onnx/onnx_pb.h>

#include <string>
#include <unordered_set>

#include "shatterproof/network/network.h"

namespace shatterproof {

/// Notes in the model's metadata what `trainable_parameters` would not guess: parameters that train or not
/// against it, and schemes that a family prescribes.
void write_metadata(const Network& network, onnx::ModelProto& model);

/// Marks the network's parameters: as metadata says where it does, as `trainable_parameters` says elsewhere.
/// Metadata about parameters that do not exist is ignored. For `literals` see trained_slots.
Network marked(const Network& network, const onnx::ModelProto& model,
               const std::unordered_set<std::string>& literals);

}  // namespace shatterproof
