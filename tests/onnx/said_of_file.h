// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>
#include <string>

#include "shatterproof/core/error.h"
#include "shatterproof/onnx/import.h"

namespace shatterproof {

// What the import says of the file, "" when it takes it. Anything but the two promised exceptions escapes.
inline std::string refusal(const std::filesystem::path& path) {
  try {
    import_onnx(path);
    return "";
  } catch (const IoError& error) {
    return error.what();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

inline void expect_one_line(const std::string& text) {
  EXPECT_FALSE(text.empty());
  EXPECT_EQ(text.find_first_of("\n\r\x1b"), std::string::npos) << text;
}

}  // namespace shatterproof
