// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shatterproof {

struct NpyHeader {
  std::string descr;
  bool fortran_order = false;
  std::vector<int64_t> shape;
};

/// Reads "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }" and nothing more of Python.
/// Throws IoError with the path and what was expected.
NpyHeader parse_npy_header(const std::string& path, std::string_view text);

/// Everything of a version 1 file before the numbers: magic, version, length, header, padded to 64 bytes.
std::string npy_header_text(const std::string& descr, const std::vector<int64_t>& shape);

}  // namespace shatterproof
