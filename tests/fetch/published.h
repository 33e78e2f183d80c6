// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cli/fetch/checksum.h"
#include "cli/fetch/fetch.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof::cli {

/// What whoever publishes these bytes says of them.
inline PublishedFile published(const std::string& name, const std::string& bytes) {
  Sha256 sum;
  sum.add(bytes);
  return {name, static_cast<int64_t>(bytes.size()), sum.digits()};
}

/// A file of a test's own.
struct Sample {
  std::string name, bytes;
};

/// A .tar.gz of these files, as bytes.
std::string packed(const std::vector<Sample>& samples);

/// Talk that nobody hears.
inline FetchTalk silence() {
  return {[](const PublishedFile&, int64_t) {}, [](const std::string&) {}};
}

}  // namespace shatterproof::cli
