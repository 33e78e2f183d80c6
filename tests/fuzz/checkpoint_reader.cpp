// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "core/text_file.h"
#include "shatterproof/train/checkpoint.h"
#include "tests/fuzz/reader.h"
#include "tests/support/temporary_folder.h"

namespace shatterproof {

/// The file lacks its checksum, which nobody finds by trying.
void read_file(const std::string& path) {
  static const TemporaryFolder folder;
  constexpr size_t kLongest = size_t{1} << 20;
  const std::string text = text_of_file(path, kLongest);
  const uLong sum = crc32_z(0, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  read_checkpoint(folder.write("x", text + fmt::format("{:08x}", sum)));
}

}  // namespace shatterproof
