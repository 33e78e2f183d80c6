// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace shatterproof {

/// A folder that one run at a time works in. The lock ends with the process that holds it, however that ends;
/// its file, `.lock`, is removed with the object and may stay behind a process that was killed.
class FolderLock {
 public:
  /// Throws IoError when another run, of this process too, has the folder, or the world refuses.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
};

}  // namespace shatterproof
