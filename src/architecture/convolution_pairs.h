// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "shatterproof/architecture/conv_feedforward.h"

namespace shatterproof {

/// The network of both convolutional families: with `beta` a skip around each pair, its branch times beta.
Network convolution_pairs(const std::string& family, const ConvolutionalOptions& options,
                          std::optional<double> beta);

}  // namespace shatterproof
