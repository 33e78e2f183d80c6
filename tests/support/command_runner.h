// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/records.h"

namespace shatterproof::cli {

/// What a command did, called in this process.
struct Ran {
  int code = 0;
  std::string out, err;
};

Ran run(const std::vector<std::string>& words);

/// Lines of a text, without their ends.
std::vector<std::string> lines_of(const std::string& text);

/// A file of such bytes; `bytes_of` reads them.
void write_bytes(const std::filesystem::path& path, const std::string& bytes);

/// A folder of this test program's own, removed at its end.
const std::filesystem::path& scratch();

/// A small family and few draws: commands answer in a fraction of a second.
inline constexpr const char* kSmallFamily = "feedforward:depth=3,width=8,input=5";

}  // namespace shatterproof::cli
