// SPDX-License-Identifier: Apache-2.0
#include "cli/fetch/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <new>
#include <string_view>
#include <vector>

#include "cli/fetch/checksum.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/core/output_file.h"

namespace shatterproof::cli {
namespace {

constexpr size_t kChunk = size_t{1} << 16;

class Unpacking {
 public:
  explicit Unpacking(const std::filesystem::path& archive) : name_(archive.string()) {
    if (!reader_) throw std::bad_alloc();
    archive_read_support_filter_gzip(reader_.get());
    archive_read_support_format_tar(reader_.get());
    require(archive_read_open_filename(reader_.get(), name_.c_str(), kChunk));
  }

  /// Goes to the next member; false at the end.
  bool next() {
    const int code = archive_read_next_header(reader_.get(), &entry_);
    if (code == ARCHIVE_EOF) return false;
    require(code);
    return true;
  }

  /// The path of a regular file; empty of what is none.
  std::string_view path() const {
    const char* path = archive_entry_pathname(entry_);
    return path != nullptr && archive_entry_filetype(entry_) == AE_IFREG ? path : "";
  }

  void write(const PublishedFile& member, const std::filesystem::path& file) {
    OutputFile output(file);
    Sha256 sum;
    std::vector<char> chunk(kChunk);
    int64_t bytes = 0;
    while (const la_ssize_t got = archive_read_data(reader_.get(), chunk.data(), chunk.size())) {
      throw_if_interrupted();
      if (got < 0) refuse(cause());
      bytes += got;
      if (bytes > member.bytes) break;
      sum.add({chunk.data(), static_cast<size_t>(got)});
      output.stream().write(chunk.data(), got);
      output.check();
    }
    if (bytes != member.bytes || sum.digits() != member.sha256)
      refuse(fmt::format("its {} is not the published file", member.name));
    output.close();
  }

  [[noreturn]] void refuse(std::string_view cause) const {
    throw IoError(fmt::format("{}: {}", printable(name_), cause));
  }

 private:
  // Warnings concern names and times, which are not used.
  void require(int code) const {
    if (code < ARCHIVE_WARN) refuse(cause());
  }

  std::string cause() const {
    const char* cause = archive_error_string(reader_.get());
    return printable(cause != nullptr ? cause : "is damaged");
  }

  std::string name_;
  std::unique_ptr<struct archive, int (*)(struct archive*)> reader_{archive_read_new(), archive_read_free};
  archive_entry* entry_ = nullptr;
};

}  // namespace

void unpack(const std::filesystem::path& archive, std::span<const PublishedFile> members,
            const std::filesystem::path& folder) {
  std::vector<PublishedFile> missing(members.begin(), members.end());
  Unpacking unpacking(archive);
  while (!missing.empty() && unpacking.next()) {
    const auto member = std::find_if(missing.begin(), missing.end(), [&](const PublishedFile& file) {
      return file.name == unpacking.path();
    });
    if (member == missing.end()) continue;
    unpacking.write(*member, folder / std::filesystem::path(member->name).filename());
    missing.erase(member);
  }
  if (!missing.empty()) unpacking.refuse("has no " + missing.front().name);
}

}  // namespace shatterproof::cli
