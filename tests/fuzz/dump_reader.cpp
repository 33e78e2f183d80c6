// SPDX-License-Identifier: Apache-2.0
#include "core/text_file.h"
#include "shatterproof/run/dump.h"
#include "tests/fuzz/reader.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof {

/// The file is the taps.json of a dump.
void read_file(const std::string& path) {
  static const TemporaryFolder folder;
  constexpr size_t kLongest = size_t{1} << 20;
  folder.write("taps.json", text_of_file(path, kLongest));
  folder.write("context.json", R"({"examples": 8})");
  folder.write("a.npy", "");
  dump_source(folder.path())->taps({});
}

}  // namespace shatterproof
