// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace shatterproof {

/// What a file that is not ONNX is, and how to make an ONNX file of it: "a PyTorch checkpoint (zip), not an
/// ONNX file: ...". Told by its first bytes, and where these say nothing by its name. Empty when neither
/// does.
std::string foreign_kind(const std::filesystem::path& path);

}  // namespace shatterproof
