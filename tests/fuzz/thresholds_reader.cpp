// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/diagnose/thresholds.h"

#include "tests/fuzz/reader.h"

namespace shatterproof {

void read_file(const std::string& path) {
  Thresholds::read(path);
}

}  // namespace shatterproof
