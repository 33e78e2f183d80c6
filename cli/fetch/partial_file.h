// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace shatterproof::cli {

/// A file under way: NAME.partial, which outlives an interruption so that the rest can follow, and becomes
/// NAME when it is whole.
///
/// Locked while it lives: a second program that wants the same file is refused. Without a byte it leaves
/// nothing behind. Every call throws IoError naming path and cause when the world refuses.
class PartialFile {
 public:
  /// Opens `name`.partial, with what it has, or makes it. A link under that name is not followed.
  explicit PartialFile(const std::filesystem::path& name);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  /// Where its bytes lie now.
  const std::filesystem::path& path() const { return path_; }
  int64_t size() const { return size_; }
  void append(std::span<const char> bytes);
  /// Forgets every byte.
  void clear();
  /// Gives it its name.
  void complete();

 private:
  [[noreturn]] void refuse(const char* act) const;
  void lock();

  std::filesystem::path name_, path_;
  int file_ = -1;
  int64_t size_ = 0;
};

}  // namespace shatterproof::cli
