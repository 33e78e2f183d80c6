// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "shatterproof/dataset/images.h"

namespace shatterproof {

/// CIFAR-10 in its binary layout: records of one label byte (0 to 9) and 3,072 bytes, channels red, green,
/// blue, each 32 x 32, row by row.
///
/// `path` is a file, several with commas between them, or a folder: its data_batch*.bin in the order of their
/// names, or when there are none its test_batch*.bin. Only the asked-for records are read. Throws IoError
/// with path and cause, std::invalid_argument when fewer examples are there.
Images read_cifar10(const std::string& path, const ExampleRange& range);

}  // namespace shatterproof
