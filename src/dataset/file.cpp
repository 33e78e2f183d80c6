// SPDX-License-Identifier: Apache-2.0
#include "dataset/file.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "shatterproof/core/error.h"

namespace shatterproof {

void refuse_file(const std::string& path, std::string_view cause) {
  constexpr size_t kLongestPath = 4096;
  throw IoError(fmt::format("{}: {}", printable(path, kLongestPath), cause));
}

int64_t regular_file_size(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) refuse_file(path, "no such file");
  if (status.type() == std::filesystem::file_type::directory) refuse_file(path, "is a folder, not a file");
  if (status.type() != std::filesystem::file_type::regular) refuse_file(path, "is not a regular file");
  const uintmax_t size = std::filesystem::file_size(path, error);
  if (error) refuse_file(path, error.message());
  return static_cast<int64_t>(size);
}

InputFile::InputFile(const std::string& path)
    : path_(path), size_(regular_file_size(path)), stream_(path, std::ios::binary) {
  if (!stream_) refuse_file(path_, "cannot be opened for reading");
}

void InputFile::read(void* out, int64_t bytes) {
  if (bytes > remaining()) {
    refuse_file(path_, fmt::format("ends early: {} bytes wanted at byte {}, {} are there", bytes, position_,
                                   remaining()));
  }
  if (!stream_.read(static_cast<char*>(out), bytes)) {
    refuse_file(path_, fmt::format("reading failed at byte {}", position_));
  }
  position_ += bytes;
}

void InputFile::seek(int64_t position) {
  if (!stream_.seekg(position)) refuse_file(path_, fmt::format("cannot be read at byte {}", position));
  position_ = position;
}

}  // namespace shatterproof
