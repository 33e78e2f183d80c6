// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

namespace shatterproof {

/// Throws IoError "path: cause".
[[noreturn]] void refuse_file(const std::string& path, std::string_view cause);

/// Bytes of a regular file. Throws IoError when there is none or it is a folder.
int64_t regular_file_size(const std::string& path);

/// A regular file open for reading. Every failure is an IoError with path and cause.
class InputFile {
 public:
  explicit InputFile(const std::string& path);

  int64_t size() const { return size_; }
  int64_t remaining() const { return size_ - position_; }
  void read(void* out, int64_t bytes);
  void seek(int64_t position);

 private:
  std::string path_;
  int64_t size_;
  int64_t position_ = 0;
  std::ifstream stream_;
};

}  // namespace shatterproof
