// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "shatterproof/examine/subject.h"
#include "shatterproof/onnx/import.h"

namespace shatterproof {

/// An ONNX file as a subject. Throws what import_onnx throws.
Subject subject_of_file(const std::filesystem::path& path, const ImportOptions& options = {});

}  // namespace shatterproof
