// SPDX-License-Identifier: Apache-2.0
#include "core/text_file.h"
#include "shatterproof/study/study.h"
#include "tests/fuzz/reader.h"

namespace shatterproof {

void read_file(const std::string& path) {
  parse_study(text_of_file(path, kLongestToml), "s.toml", false);
}

}  // namespace shatterproof
