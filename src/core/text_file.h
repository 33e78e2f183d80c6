// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace shatterproof {

/// All that a file or a pipe holds, when that is at most `longest` bytes: what never ends is not read to its
/// end. Throws IoError naming path and cause otherwise.
std::string text_of_file(const std::string& path, size_t longest);

/// Of a file that somebody writes by hand: a study, a table of thresholds.
inline constexpr size_t kLongestToml = size_t{4} << 20;

}  // namespace shatterproof
