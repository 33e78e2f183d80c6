// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/core/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <streambuf>

#include "core/machine.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const fs::path& path, const char* act, int cause) {
  throw IoError(fmt::format("{}: cannot {}: {}", printable(path.string()), act, std::strerror(cause)));
}

// What exists and is no regular file is written in place.
bool is_in_place(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) refuse(path, "open for writing", EISDIR);
  return fs::exists(status) && !fs::is_regular_file(status);
}

bool is_always_full(const fs::path& path) {
  constexpr unsigned kMemoryDevices = 1, kFull = 7;  // Linux's numbers of /dev/full
  struct stat found = {};
  return stat(path.c_str(), &found) == 0 && S_ISCHR(found.st_mode) &&
         found.st_rdev == makedev(kMemoryDevices, kFull);
}

}  // namespace

// Unlike std::filebuf it knows why a write failed.
class OutputFile::Buffer : public std::streambuf {
 public:
  Buffer(const fs::path& path, bool in_place) {
    constexpr mode_t kForAll = 0666;  // less the user's mask
    // A link under the temporary name was laid by somebody else.
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | (in_place ? 0 : O_NOFOLLOW);
    file_ = ::open(path.c_str(), flags, kForAll);
    cause_ = file_ < 0 ? errno : 0;
    setp(bytes_.data(), bytes_.data() + bytes_.size());
  }
  ~Buffer() override { close(); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  /// The first failure; 0 when there was none.
  int cause() const { return cause_; }

  void bring_to_disk() {
    struct stat found = {};
    if (sync() != 0) return;
    if (fstat(file_, &found) != 0 || fsync(file_) != 0) note(errno);
    if (S_ISREG(found.st_mode) && found.st_nlink == 0) note(ENOENT);
  }

  void close() {
    if (file_ < 0) return;
    sync();
    if (::close(file_) != 0) note(errno);
    file_ = -1;
  }

 private:
  int overflow(int next) override {
    if (sync() != 0) return traits_type::eof();
    if (next != traits_type::eof()) {
      *pptr() = static_cast<char>(next);
      pbump(1);
    }
    return 0;
  }

  int sync() override {
    const char* next = pbase();
    while (next < pptr() && cause_ == 0) {
      const ssize_t written = ::write(file_, next, static_cast<size_t>(pptr() - next));
      if (written >= 0) next += written;
      if (written < 0 && errno != EINTR) note(errno);
    }
    setp(bytes_.data(), bytes_.data() + bytes_.size());
    return cause_ == 0 ? 0 : -1;
  }

  void note(int cause) {
    if (cause_ == 0) cause_ = cause;
  }

  int file_ = -1, cause_ = 0;
  std::array<char, 1 << 16> bytes_;
};

OutputFile::OutputFile(const fs::path& path) : path_(path), written_(path), stream_(nullptr) {
  const bool in_place = is_in_place(path);
  // Other machines may write the same file.
  if (!in_place) written_ += fmt::format(".{}.{}.partial", machine_name(), getpid());
  buffer_ = std::make_unique<Buffer>(written_, in_place);
  if (buffer_->cause() != 0) refuse(path_, "open for writing", buffer_->cause());
  stream_.rdbuf(buffer_.get());
}

OutputFile::~OutputFile() {
  if (!open_ || written_ == path_) return;
  buffer_->close();
  std::error_code ignored;
  fs::remove(written_, ignored);
}

void OutputFile::check() {
  if (buffer_->cause() != 0) refuse(path_, "write", buffer_->cause());
}

void OutputFile::sync() {
  if (written_ == path_) {
    stream_.flush();
  } else {
    buffer_->bring_to_disk();
  }
  if (buffer_->cause() != 0) refuse(path_, "bring to the disk", buffer_->cause());
}

void OutputFile::close() {
  buffer_->close();
  check();
  if (written_ != path_) {
    std::error_code error;
    fs::rename(written_, path_, error);
    if (error)
      throw IoError(fmt::format("{}: cannot rename: {}", printable(path_.string()), error.message()));
  }
  open_ = false;
}

void require_writable(const fs::path& path) {
  if (!is_in_place(path)) {
    OutputFile leaves_nothing(path);
    return;
  }
  if (is_always_full(path)) refuse(path, "write", ENOSPC);
  if (access(path.c_str(), W_OK) != 0) refuse(path, "open for writing", errno);
}

void require_writable_folder(const fs::path& folder) {
  std::error_code error;
  fs::path place = folder.has_filename() ? folder : folder.parent_path();
  // What of the way there is there must let itself be written.
  while (!place.empty() && !fs::exists(place, error) && place != place.parent_path())
    place = place.parent_path();
  if (place.empty()) place = ".";
  if (!fs::is_directory(place, error)) refuse(folder, "make the folder", ENOTDIR);
  if (access(place.c_str(), W_OK | X_OK) != 0) refuse(folder, "write into the folder", errno);
}

void require_empty_folder(const fs::path& folder) {
  require_writable_folder(folder);
  std::error_code error;
  if (fs::exists(folder, error) && !fs::is_empty(folder, error))
    throw IoError(fmt::format("{}: must be an empty folder", printable(folder.string())));
}

}  // namespace shatterproof
