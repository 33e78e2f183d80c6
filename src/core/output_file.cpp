// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/core/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "shatterproof/core/error.h"

namespace shatterproof {

OutputFile::OutputFile(const std::filesystem::path& path) : path_(path), written_(path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::is_directory(status)) {
    errno = EISDIR;
    refuse("open for writing");
  }
  const bool in_place = std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
  if (!in_place) written_ += fmt::format(".{}.partial", getpid());
  errno = 0;
  stream_.open(written_, std::ios::binary);
  if (!stream_) refuse("open for writing");
}

OutputFile::~OutputFile() {
  if (!open_ || written_ == path_) return;
  stream_.close();
  std::error_code ignored;
  std::filesystem::remove(written_, ignored);
}

void OutputFile::check() {
  if (!stream_) refuse("write");
}

void OutputFile::sync() {
  errno = 0;
  stream_.flush();
  check();
  if (written_ == path_) return;
  const int file = ::open(written_.c_str(), O_RDONLY | O_CLOEXEC);
  const bool arrived = file >= 0 && ::fsync(file) == 0;
  const int cause = errno;
  if (file >= 0) ::close(file);
  errno = cause;
  if (!arrived) refuse("bring to the disk");
}

void OutputFile::close() {
  errno = 0;
  stream_.close();
  check();
  if (written_ != path_) {
    std::error_code error;
    std::filesystem::rename(written_, path_, error);
    if (error)
      throw IoError(fmt::format("{}: cannot rename: {}", printable(path_.string()), error.message()));
  }
  open_ = false;
}

void OutputFile::refuse(const char* act) const {
  throw IoError(fmt::format("{}: cannot {}: {}", printable(path_.string()), act,
                            errno != 0 ? std::strerror(errno) : "unknown cause"));
}

}  // namespace shatterproof
