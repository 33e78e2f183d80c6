// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/dataset/npy.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "dataset/file.h"
#include "dataset/npy_header.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "\x93NUMPY";

struct NpyType {
  std::string_view code;
  at::ScalarType stored;
};
constexpr std::array<NpyType, 9> kTypes = {{{"<f4", at::kFloat},
                                            {"<f8", at::kDouble},
                                            {"<f2", at::kHalf},
                                            {"<i8", at::kLong},
                                            {"<i4", at::kInt},
                                            {"<i2", at::kShort},
                                            {"|i1", at::kChar},
                                            {"|u1", at::kByte},
                                            {"|b1", at::kBool}}};

at::ScalarType type_of(const std::string& path, const std::string& code) {
  std::vector<std::string_view> known;
  for (const NpyType& type : kTypes) {
    if (type.code == code) return type.stored;
    known.push_back(type.code);
  }
  refuse_file(path,
              fmt::format("dtype '{}' is not read; known: {}", printable(code), fmt::join(known, ", ")));
}

NpyHeader read_header(InputFile& file, const std::string& path) {
  std::array<char, 8> start;
  file.read(start.data(), start.size());
  if (std::string_view(start.data(), kMagic.size()) != kMagic) refuse_file(path, "is not a .npy file");
  const int version = start[kMagic.size()];
  if (version < 1 || version > 3) refuse_file(path, fmt::format(".npy version {} is not read", version));
  uint32_t length = 0;
  file.read(&length, version == 1 ? sizeof(uint16_t) : sizeof(uint32_t));
  constexpr uint32_t kLongestHeader = 1 << 16;
  if (length > kLongestHeader) refuse_file(path, fmt::format("a header of {} bytes is not read", length));
  std::string text(length, '\0');
  file.read(text.data(), length);
  return parse_npy_header(path, text);
}

// Bytes the array takes. A zero among the sizes does not excuse the others from being sane.
int64_t bytes_of(const std::string& path, const NpyHeader& header, at::ScalarType type) {
  int64_t bound = static_cast<int64_t>(c10::elementSize(type)), bytes = bound;
  for (const int64_t size : header.shape) {
    if (__builtin_mul_overflow(bound, std::max<int64_t>(1, size), &bound)) {
      refuse_file(path, fmt::format("shape ({}) is larger than any file", fmt::join(header.shape, ", ")));
    }
    bytes *= size;
  }
  return bytes;
}

}  // namespace

at::Tensor read_npy(const std::string& path) {
  InputFile file(path);
  NpyHeader header = read_header(file, path);
  const at::ScalarType type = type_of(path, header.descr);
  const int64_t bytes = bytes_of(path, header, type);
  if (bytes != file.remaining()) {
    refuse_file(path, fmt::format("shape ({}) takes {} bytes, but {} follow the header",
                                  fmt::join(header.shape, ", "), bytes, file.remaining()));
  }
  if (header.fortran_order) std::reverse(header.shape.begin(), header.shape.end());
  // A byte that is neither 0 nor 1 must not become a bool.
  at::Tensor array = at::empty(header.shape, type == at::kBool ? at::kByte : type);
  file.read(array.data_ptr(), bytes);
  if (type == at::kBool) array = array.ne(0);
  if (!header.fortran_order || array.dim() < 2) return array;
  std::vector<int64_t> reversed(header.shape.size());
  for (size_t i = 0; i < reversed.size(); ++i) reversed[i] = static_cast<int64_t>(reversed.size() - 1 - i);
  return array.permute(reversed).contiguous();
}

void write_npy(const std::string& path, const at::Tensor& tensor) {
  const at::Tensor array =
      (tensor.scalar_type() == at::kBFloat16 ? tensor.to(at::kFloat) : tensor).detach().cpu().contiguous();
  const auto type = std::find_if(kTypes.begin(), kTypes.end(),
                                 [&](const NpyType& t) { return t.stored == array.scalar_type(); });
  if (type == kTypes.end()) reject("npy", "dtype must be one NumPy has", c10::toString(array.scalar_type()));
  const std::string header = npy_header_text(std::string(type->code), array.sizes().vec());
  const std::string partial = path + ".partial";
  std::ofstream out(partial, std::ios::binary | std::ios::trunc);
  out << header;
  out.write(static_cast<const char*>(array.data_ptr()), static_cast<std::streamsize>(array.nbytes()));
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(partial, path, error);
  if (!out || error) {
    std::error_code ignored;
    std::filesystem::remove(partial, ignored);
    refuse_file(path, error ? "cannot be written: " + error.message() : "cannot be written");
  }
}

}  // namespace shatterproof
