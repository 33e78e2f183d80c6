// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "results/json_numbers.h"

// Fields of a line of results. Each throws std::invalid_argument "key: rule; got x" on what is missing or of
// another type.

namespace shatterproof {

/// A value as it stands in the file, on one line.
std::string shown(const Json& value);

const Json& required(const Json& line, const char* key);
const Json& list(const Json& line, const char* key);

std::string text_of(const char* key, const Json& value);
std::string text(const Json& line, const char* key);
std::string optional_text(const Json& line, const char* key);  ///< empty when it is not there
std::vector<std::string> texts(const Json& line, const char* key);

int64_t whole_of(const char* key, const Json& value, int64_t least, int64_t most);
int64_t whole(const Json& line, const char* key, int64_t otherwise, int64_t least = 0,
              int64_t most = std::numeric_limits<int64_t>::max());

}  // namespace shatterproof
