// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/results/reader.h"

#include "tests/fuzz/reader.h"

namespace shatterproof {

void read_file(const std::string& path) {
  read_results(path);
}

}  // namespace shatterproof
