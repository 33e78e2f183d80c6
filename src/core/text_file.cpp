// SPDX-License-Identifier: Apache-2.0
#include "core/text_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "shatterproof/core/error.h"

namespace shatterproof {

std::string text_of_file(const std::string& path, size_t longest) {
  constexpr size_t kChunk = size_t{1} << 16;
  std::error_code ignored;
  errno = std::filesystem::is_directory(path, ignored) ? EISDIR : 0;
  std::ifstream file;
  if (errno == 0) file.open(path, std::ios::binary);
  if (errno != 0 || !file) {
    throw IoError(fmt::format("{}: cannot read: {}", printable(path),
                              errno != 0 ? std::strerror(errno) : "it cannot be opened"));
  }
  std::string text;
  while (file && text.size() <= longest) {
    const size_t had = text.size();
    text.resize(had + std::min(kChunk, longest + 1 - had));
    file.read(text.data() + had, static_cast<std::streamsize>(text.size() - had));
    text.resize(had + static_cast<size_t>(file.gcount()));
  }
  if (file.bad()) throw IoError(printable(path) + ": cannot read");
  if (text.size() > longest)
    throw IoError(
        fmt::format("{}: has more than {} bytes, which no such file has", printable(path), longest));
  return text;
}

}  // namespace shatterproof
