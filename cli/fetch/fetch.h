// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cli/fetch/source.h"

namespace shatterproof::cli {

/// What is said while files come; both must be callable.
struct FetchTalk {
  std::function<void(const PublishedFile& file, int64_t bytes)> progress;  ///< bytes that are there
  std::function<void(const std::string& line)> remark;
};

/// What lies in the folder now.
struct Fetched {
  std::vector<std::filesystem::path> files;  ///< in the order of the source
  int64_t downloaded = 0;                    ///< how many requests it took
};

/// Brings the files of a data set into `folder`, which is made when it is not there.
///
/// A file that is there with the published size and checksum is not fetched, one that differs is replaced. A
/// file appears under its name only when its checksum is right; an archive is unpacked and removed, unless it
/// lay there before. Interrupted or refused, it keeps what came in NAME.partial and goes on from there.
/// Throws IoError in one line when the world refuses, Interrupted on Ctrl-C.
Fetched fetch(const DatasetSource& source, const std::filesystem::path& folder, const FetchTalk& talk);

}  // namespace shatterproof::cli
