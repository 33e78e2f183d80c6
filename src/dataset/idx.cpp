// SPDX-License-Identifier: Apache-2.0
#include "dataset/idx.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "dataset/file.h"
#include "dataset/limits.h"

namespace shatterproof {
namespace {
constexpr uint8_t kUnsignedBytes = 8;
constexpr int64_t kChunk = 1 << 20;
}  // namespace

IdxFile::IdxFile(const std::string& path, int axes) : path_(path) {
  regular_file_size(path);
  file_.reset(gzopen(path.c_str(), "rb"));
  if (!file_) refuse_file(path, "cannot be opened for reading");
  std::array<uint8_t, 4> magic;
  read_bytes(magic.data(), magic.size());
  if (magic[0] != 0 || magic[1] != 0 || magic[2] != kUnsignedBytes || magic[3] != axes) {
    refuse_file(
        path,
        fmt::format("has magic {:02x}{:02x}{:02x}{:02x}; idx with {} axes of bytes has 0000{:02x}{:02x}",
                    magic[0], magic[1], magic[2], magic[3], axes, kUnsignedBytes, axes));
  }
  int64_t numbers = 1;
  for (int axis = 0; axis < axes; ++axis) {
    std::array<uint8_t, 4> size;
    read_bytes(size.data(), size.size());
    sizes_.push_back((int64_t{size[0]} << 24) | (size[1] << 16) | (size[2] << 8) | size[3]);
    if (sizes_.back() == 0 || sizes_.back() > kMostNumbers / numbers) {
      refuse_file(path, fmt::format("sizes {} are empty or too large", fmt::join(sizes_, " x ")));
    }
    numbers *= sizes_.back();
  }
}

void IdxFile::read_bytes(void* out, int64_t bytes) {
  const int got = gzread(file_.get(), out, static_cast<unsigned>(bytes));
  if (got == bytes) return;
  refuse_reading();
}

int IdxFile::gzip_error() const {
  int error = Z_OK;
  gzerror(file_.get(), &error);
  return error;
}

void IdxFile::refuse_reading() const {
  const int error = gzip_error();
  const bool early = error == Z_OK || error == Z_BUF_ERROR;
  refuse_file(path_, fmt::format("{} at byte {} of its contents", early ? "ends early" : "is damaged",
                                 gztell(file_.get())));
}

at::Tensor IdxFile::read(const ExampleRange& range) {
  std::vector<int64_t> sizes = sizes_;
  sizes[0] = range.count;
  int64_t entry = 1;
  for (size_t axis = 1; axis < sizes.size(); ++axis) entry *= sizes[axis];

  std::vector<uint8_t> bytes(static_cast<size_t>(std::min(kChunk, range.first * entry)));
  for (int64_t left = range.first * entry; left > 0; left -= kChunk) {
    read_bytes(bytes.data(), std::min(kChunk, left));
  }
  bytes.clear();
  for (int64_t left = range.count * entry; left > 0; left -= kChunk) {
    const int64_t next = std::min(kChunk, left);
    bytes.resize(bytes.size() + static_cast<size_t>(next));
    read_bytes(bytes.data() + bytes.size() - next, next);
  }
  if (range.first + range.count == sizes_[0]) {
    char beyond = 0;
    // Also where the end of a gzipped file and its checksum are looked at.
    const int got = gzread(file_.get(), &beyond, 1);
    if (got > 0) refuse_file(path_, "goes on after its last entry");
    if (gzip_error() != Z_OK) refuse_reading();
  }
  at::Tensor array = at::empty(sizes, at::kByte);
  std::copy(bytes.begin(), bytes.end(), array.data_ptr<uint8_t>());
  return array;
}

}  // namespace shatterproof
