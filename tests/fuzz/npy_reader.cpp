// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/dataset/npy.h"
#include "tests/fuzz/reader.h"

namespace shatterproof {

void read_file(const std::string& path) {
  read_npy(path);
}

}  // namespace shatterproof
