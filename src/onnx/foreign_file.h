// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace shatterproof {

/// What a file or folder that is not ONNX is, and the lines that make an ONNX file of it or check it from
/// Python: "is a PyTorch checkpoint, weights without the graph, not an ONNX file; ...". Told by its content,
/// and where this says nothing by its name. Empty when neither does. Reads a few kilobytes and, of a zip
/// archive, its directory.
std::string foreign_kind(const std::filesystem::path& path);

}  // namespace shatterproof
