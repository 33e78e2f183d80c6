// SPDX-License-Identifier: Apache-2.0
#include "onnx/zip_names.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string_view>

namespace shatterproof {
namespace {

using namespace std::string_view_literals;

// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT: the records, their sizes without names, and
// where their fields lie.
constexpr std::string_view kLocal = "PK\x03\x04"sv, kCentral = "PK\x01\x02"sv, kEnd = "PK\x05\x06"sv,
                           kEnd64 = "PK\x06\x06"sv, kLocator64 = "PK\x06\x07"sv;
constexpr size_t kLocalSize = 30, kCentralSize = 46, kEndSize = 22, kEnd64Size = 56, kLocator64Size = 20;
constexpr size_t kLongestComment = 65'535;
constexpr size_t kLongestDirectory = size_t{16} << 20;

// `count` bytes from `offset` on, or as many as there are.
std::string read_at(std::ifstream& file, uint64_t offset, size_t count) {
  std::string bytes(count, '\0');
  file.clear();
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(bytes.data(), static_cast<std::streamsize>(count));
  bytes.resize(static_cast<size_t>(std::max<std::streamsize>(0, file.gcount())));
  return bytes;
}

// Little-endian; 0 beyond the end.
uint64_t number_at(std::string_view bytes, size_t offset, size_t width) {
  uint64_t number = 0;
  for (size_t i = width; i-- > 0 && offset + width <= bytes.size();)
    number = number << 8 | static_cast<unsigned char>(bytes[offset + i]);
  return number;
}

struct Directory {
  uint64_t offset = 0, size = 0;
};

// Of an archive beyond 4 GiB: a locator before the end says where the record is that says where it is.
Directory directory_64(std::ifstream& file, std::string_view tail, size_t end) {
  if (end < kLocator64Size) return {};
  const std::string_view locator = tail.substr(end - kLocator64Size);
  if (!locator.starts_with(kLocator64)) return {};
  const std::string record = read_at(file, number_at(locator, 8, 8), kEnd64Size);
  if (!record.starts_with(kEnd64)) return {};
  return {number_at(record, 48, 8), number_at(record, 40, 8)};
}

Directory directory_of(std::ifstream& file, uint64_t size) {
  const size_t length = std::min<uint64_t>(size, kEndSize + kLongestComment + kLocator64Size);
  const std::string tail = read_at(file, size - length, length);
  const size_t end = tail.rfind(kEnd);
  if (end == std::string::npos) return {};
  const Directory found{number_at(tail, end + 16, 4), number_at(tail, end + 12, 4)};
  return found.offset == UINT32_MAX || found.size == UINT32_MAX ? directory_64(file, tail, end) : found;
}

}  // namespace

ZipNames zip_names(const std::filesystem::path& path) {
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) return {};
  ZipNames found;
  std::vector<std::string>& names = found.names;
  const Directory directory = directory_of(file, size);
  const std::string bytes =
      read_at(file, directory.offset, std::min<uint64_t>(directory.size, kLongestDirectory));
  size_t at = 0;
  while (names.size() < kMostZipNames && at + kCentralSize <= bytes.size()) {
    const std::string_view entry = std::string_view(bytes).substr(at);
    if (!entry.starts_with(kCentral)) break;
    const size_t length = number_at(entry, 28, 2);
    names.emplace_back(entry.substr(kCentralSize, length));
    at += kCentralSize + length + number_at(entry, 30, 2) + number_at(entry, 32, 2);
  }
  found.whole = !names.empty();
  if (found.whole) return found;
  const std::string first = read_at(file, 0, kLocalSize + kLongestComment);
  if (first.starts_with(kLocal) && first.size() > kLocalSize)
    names.push_back(first.substr(kLocalSize, number_at(first, 26, 2)));
  return found;
}

}  // namespace shatterproof
