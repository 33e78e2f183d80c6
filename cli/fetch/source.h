// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shatterproof::cli {

/// A file as those who publish it describe it.
struct PublishedFile {
  std::string name;  ///< below the source's URL; of a member, its path in the archive
  int64_t bytes = 0;
  std::string sha256;  ///< 64 hexadecimal digits, lower case
};

/// What one request brings: a file that is kept, or a .tar.gz of which only `members` are kept.
struct Download {
  PublishedFile file;
  std::vector<PublishedFile> members;

  /// What stays in the folder, each under the last part of its name.
  std::span<const PublishedFile> kept() const;
};

/// Where a data set is to be had.
struct DatasetSource {
  std::string name;  ///< in the catalog of data sets
  std::string url;   ///< the folder of its files, with a slash at its end
  std::vector<Download> downloads;
  std::string network;  ///< a family that takes its images
  std::string test;     ///< the file of test images
};

/// Every data set that can be fetched. No other list of them exists.
std::span<const DatasetSource> dataset_sources();

/// The source of that name. Throws std::invalid_argument that lists the known names when there is none.
const DatasetSource& dataset_source(std::string_view name);

/// Words of a command that trains on what lies in `folder`.
std::vector<std::string> training_words(const DatasetSource& source, const std::string& folder);

}  // namespace shatterproof::cli
