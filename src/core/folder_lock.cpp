// SPDX-License-Identifier: Apache-2.0
#include "core/folder_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "shatterproof/core/error.h"

namespace shatterproof {

FolderLock::FolderLock(const std::filesystem::path& folder) : file_(folder / ".lock") {
  constexpr mode_t kForAll = 0666;  // less the user's mask
  descriptor_ = open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kForAll);
  if (descriptor_ < 0)
    throw IoError(fmt::format("{}: cannot lock: {}", printable(folder.string()), std::strerror(errno)));
  struct stat opened = {}, named = {};
  const bool is_ours = flock(descriptor_, LOCK_EX | LOCK_NB) == 0 && fstat(descriptor_, &opened) == 0;
  // Between opening and locking the run that had it may have ended and removed the file.
  if (is_ours && stat(file_.c_str(), &named) == 0 && named.st_ino == opened.st_ino) return;
  close(descriptor_);
  throw IoError(printable(folder.string()) + ": another run is working in this folder");
}

FolderLock::~FolderLock() {
  unlink(file_.c_str());
  close(descriptor_);
}

}  // namespace shatterproof
