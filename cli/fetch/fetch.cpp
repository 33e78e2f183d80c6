// SPDX-License-Identifier: Apache-2.0
#include "cli/fetch/fetch.h"

#include <fmt/format.h>

#include "cli/fetch/archive.h"
#include "cli/fetch/checksum.h"
#include "cli/fetch/download.h"
#include "cli/fetch/partial_file.h"
#include "shatterproof/core/error.h"

namespace shatterproof::cli {
namespace {

namespace fs = std::filesystem;

// Whether it was not there before.
bool make_folder(const fs::path& folder) {
  std::error_code error;
  const bool is_new = fs::create_directories(folder, error);
  if (error) {
    throw IoError(fmt::format("{}: cannot make the folder: {}", printable(folder.string()), error.message()));
  }
  return is_new;
}

class Fetching {
 public:
  Fetching(const DatasetSource& source, const fs::path& folder, const FetchTalk& talk)
      : source_(source), folder_(folder), talk_(talk) {}

  void bring(const Download& download) {
    const std::vector<PublishedFile> missing = missing_of(download);
    if (!missing.empty()) bring_missing(download, missing);
    for (const PublishedFile& file : download.kept()) fetched_.files.push_back(place(file));
  }

  const Fetched& fetched() const { return fetched_; }

 private:
  fs::path place(const PublishedFile& file) const { return folder_ / fs::path(file.name).filename(); }

  // What is a link, a pipe or a folder was put there for something.
  static void refuse_another_kind(const fs::path& file) {
    std::error_code ignored;
    const fs::file_status status = fs::symlink_status(file, ignored);
    if (fs::exists(status) && !fs::is_regular_file(status))
      throw IoError(printable(file.string()) + ": is not a regular file, and is not replaced");
  }

  std::vector<PublishedFile> missing_of(const Download& download) const {
    std::vector<PublishedFile> missing;
    std::error_code ignored;
    for (const PublishedFile& file : download.kept()) {
      if (is_published(place(file), file)) continue;
      refuse_another_kind(place(file));
      if (fs::exists(place(file), ignored)) {
        talk_.remark(printable(place(file).string()) + " is not the published file and is replaced");
      }
      missing.push_back(file);
    }
    return missing;
  }

  void bring_missing(const Download& download, const std::vector<PublishedFile>& missing) {
    const bool packed = !download.members.empty();
    const fs::path file = place(download.file);
    if (packed && is_published(file, download.file)) return unpack(file, missing, folder_);
    std::error_code ignored;
    if (packed && fs::exists(file, ignored))
      talk_.remark(printable(file.string()) + " is not the published archive and is not used");
    PartialFile partial(file);
    complete(download.file, partial);
    if (!packed) return partial.complete();
    unpack(partial.path(), missing, folder_);
    partial.clear();
  }

  // Until the checksum is right. Bytes that an earlier call has left may be wrong: then once more without
  // them.
  void complete(const PublishedFile& published, PartialFile& partial) {
    if (partial.size() > published.bytes) partial.clear();
    const bool begun = partial.size() > 0;
    if (append_rest(published, partial)) return;
    if (begun && append_rest(published, partial)) return;
    throw IoError(fmt::format("{}: {}", shown_url(source_.url + published.name), difference_));
  }

  // Whether the file is then the published one. It is empty otherwise.
  bool append_rest(const PublishedFile& published, PartialFile& partial) {
    if (partial.size() < published.bytes) {
      ++fetched_.downloaded;
      download(source_.url + published.name, published.bytes, partial,
               [&](int64_t bytes) { talk_.progress(published, bytes); });
    }
    const std::string sum = sha256_of(partial.path());
    if (sum == published.sha256) return true;
    difference_ = partial.size() == published.bytes
                      ? fmt::format("has SHA-256 {}, the published file {}", sum, published.sha256)
                      : fmt::format("has {} bytes, the published file {}", partial.size(), published.bytes);
    partial.clear();
    return false;
  }

  const DatasetSource& source_;
  const fs::path& folder_;
  const FetchTalk& talk_;
  Fetched fetched_;
  std::string difference_;  // of what came last, in words
};

}  // namespace

Fetched fetch(const DatasetSource& source, const fs::path& folder, const FetchTalk& talk) {
  const bool is_new = make_folder(folder);
  Fetching fetching(source, folder, talk);
  try {
    for (const Download& download : source.downloads) fetching.bring(download);
  } catch (...) {
    std::error_code ignored;
    if (is_new) fs::remove(folder, ignored);  // only when nothing is in it
    throw;
  }
  return fetching.fetched();
}

}  // namespace shatterproof::cli
