// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace shatterproof {

/// Parsers and the trees they make call themselves once for each level of a text, and a stack has an end:
/// text from a file is refused before it is parsed when it goes deeper than this. What is written here has
/// fewer than ten levels.
inline constexpr size_t kDeepestNesting = 64;

/// The most brackets that are open at one place of a JSON text, strings left aside. O(text).
size_t json_nesting(std::string_view text);

/// Likewise of TOML, strings and comments left aside, or the most dots of one key, whichever is more: both
/// make a table within a table. O(text).
size_t toml_nesting(std::string_view text);

/// Throws IoError "NAME: cause" of a text that goes deeper than kDeepestNesting.
void require_shallow_json(std::string_view text, const std::string& name);
void require_shallow_toml(std::string_view text, const std::string& name);

}  // namespace shatterproof
