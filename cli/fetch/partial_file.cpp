// SPDX-License-Identifier: Apache-2.0
#include "cli/fetch/partial_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "shatterproof/core/error.h"

namespace shatterproof::cli {

PartialFile::PartialFile(const std::filesystem::path& name) : name_(name), path_(name) {
  path_ += ".partial";
  constexpr mode_t kForAll = 0666;  // less the user's mask
  file_ = open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, kForAll);
  if (file_ < 0) refuse("open for writing");
  try {
    lock();
  } catch (...) {
    close(file_);
    throw;
  }
}

PartialFile::~PartialFile() {
  if (size_ == 0 && !path_.empty()) unlink(path_.c_str());
  close(file_);
}

// Between opening and locking another program may have completed the file: then its name leads elsewhere.
void PartialFile::lock() {
  struct stat opened, named;
  const bool taken = flock(file_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  if (fstat(file_, &opened) != 0) refuse("read");
  if (!S_ISREG(opened.st_mode)) throw IoError(printable(path_.string()) + ": is not a regular file");
  if (taken || stat(path_.c_str(), &named) != 0 || named.st_ino != opened.st_ino)
    throw IoError(printable(path_.string()) + ": another program is fetching it");
  size_ = opened.st_size;
}

void PartialFile::append(std::span<const char> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) refuse("write");
    size_ += written;
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

void PartialFile::clear() {
  if (size_ > 0 && ftruncate(file_, 0) != 0) refuse("write");
  size_ = 0;
}

void PartialFile::complete() {
  if (rename(path_.c_str(), name_.c_str()) != 0) refuse("rename");
  path_.clear();
}

void PartialFile::refuse(const char* act) const {
  throw IoError(fmt::format("{}: cannot {}: {}", printable(path_.string()), act, std::strerror(errno)));
}

}  // namespace shatterproof::cli
