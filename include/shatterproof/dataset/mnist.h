// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "shatterproof/dataset/images.h"

namespace shatterproof {

/// MNIST in its idx format, gzipped or not.
///
/// `path` is a file of images (labels are read from the file beside it that is named alike, images-idx3
/// replaced by labels-idx1, when it is there), or a folder: its train-images file, or when there is none its
/// t10k-images file. Throws IoError with path and cause, std::invalid_argument when fewer examples are there.
Images read_mnist(const std::string& path, const ExampleRange& range);

}  // namespace shatterproof
