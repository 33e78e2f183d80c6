// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <string>

namespace shatterproof {

/// The `bytes` bytes that a tensor keeps in a file of its own, which must lie in `folder` or below it once
/// all symbolic links are followed. Throws std::invalid_argument when the reference breaks that rule or does
/// not fit the tensor, IoError when the file is missing, too short or unreadable.
std::string external_bytes(const onnx::TensorProto& proto, const std::filesystem::path& folder,
                           int64_t bytes);

}  // namespace shatterproof
