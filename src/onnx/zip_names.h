// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace shatterproof {

inline constexpr size_t kMostZipNames = 100'000;

struct ZipNames {
  std::vector<std::string> names;  ///< of entries, at most kMostZipNames
  bool whole = false;              ///< whether they are those of a directory
};

/// What the entries of a zip archive are called, from the directory at its end; of one that was cut off, what
/// its first entry is called. Nothing is unpacked: a small archive may hold what no disk does. Empty when
/// neither can be read.
ZipNames zip_names(const std::filesystem::path& path);

}  // namespace shatterproof
