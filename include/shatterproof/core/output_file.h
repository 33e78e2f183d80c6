// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <ostream>

namespace shatterproof {

/// A file that appears under its name only when it is complete.
///
/// It is written under a temporary name beside its own and renamed by `close`; without `close` nothing is
/// left behind. What exists and is no regular file (a pipe, /dev/null) is written in place. Every call throws
/// IoError naming path and cause when the world refuses.
class OutputFile {
 public:
  explicit OutputFile(const std::filesystem::path& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// Where to write, in binary.
  std::ostream& stream() { return stream_; }
  /// Throws when what was written so far did not arrive.
  void check();
  /// Waits until what was written so far is on the disk: `close` then leaves the old file or the whole new
  /// one behind even when the power is cut. Costs a wait for the disk.
  void sync();
  /// Completes the file. Nothing may be written afterwards.
  void close();

 private:
  class Buffer;

  std::filesystem::path path_;
  std::filesystem::path written_;  ///< where the bytes go: beside `path_`, or `path_` itself
  std::unique_ptr<Buffer> buffer_;
  std::ostream stream_;
  bool open_ = true;
};

/// Throws IoError where an OutputFile of that path is known to fail: a folder, a folder that is missing or
/// may not be written, a device that is always full. Asked before work whose result goes there; leaves
/// nothing behind.
void require_writable(const std::filesystem::path& path);

/// Likewise of a folder that files are written into, and that is made when it is not there.
void require_writable_folder(const std::filesystem::path& folder);
/// Likewise, and nothing may be in it.
void require_empty_folder(const std::filesystem::path& folder);

}  // namespace shatterproof
