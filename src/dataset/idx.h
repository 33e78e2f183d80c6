// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>
#include <zlib.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "shatterproof/dataset/images.h"

namespace shatterproof {

/// A file in idx format with unsigned bytes, gzipped or not. Every failure is an IoError with path and cause.
class IdxFile {
 public:
  /// Reads the header; the array must have `axes` axes.
  IdxFile(const std::string& path, int axes);

  const std::vector<int64_t>& sizes() const { return sizes_; }
  /// Entries [range.first, range.first + range.count) along axis 0, as uint8. Memory grows only with what the
  /// file really holds. When the last entry is among them, nothing may follow.
  at::Tensor read(const ExampleRange& range);

 private:
  void read_bytes(void* out, int64_t bytes);
  int gzip_error() const;
  [[noreturn]] void refuse_reading() const;

  struct Close {
    void operator()(gzFile_s* file) const { gzclose(file); }
  };
  std::string path_;
  std::unique_ptr<gzFile_s, Close> file_;
  std::vector<int64_t> sizes_;
};

}  // namespace shatterproof
