// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/network/layer.h"
#include "shatterproof/onnx/import.h"
#include "tests/fuzz/reader.h"

namespace shatterproof {

void read_file(const std::string& path) {
  ImportOptions options;
  options.memory_limit = int64_t{4} << 20;  // small, so that what a file may make us compute ends soon
  structure(import_onnx(path, options).network);
}

}  // namespace shatterproof
