// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace shatterproof {

/// Gives the file to the reader under test. It may refuse the file by std::invalid_argument or IoError and
/// throw nothing else.
void read_file(const std::string& path);

}  // namespace shatterproof
