// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>

#include "cli/fetch/source.h"

namespace shatterproof::cli {

/// Writes the named members of a .tar.gz into `folder`, each under the last part of its name and only when
/// its size and checksum are the published ones. Where a member lies is never the archive's choice: others
/// than the named regular files are passed over.
///
/// Throws IoError naming the archive or the file when one is missing, damaged or cannot be written; files
/// that were complete before stay.
void unpack(const std::filesystem::path& archive, std::span<const PublishedFile> members,
            const std::filesystem::path& folder);

}  // namespace shatterproof::cli
