// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "shatterproof/architecture/conv_feedforward.h"
#include "shatterproof/core/spec.h"

namespace shatterproof {

/// The network of both convolutional families: with `beta` a skip around each pair, its branch times beta.
Network convolution_pairs(const std::string& family, const ConvolutionalOptions& options,
                          std::optional<double> beta);

/// What both read of their options, and say of them, their own behind it.
void read_convolutional(const Spec& values, ConvolutionalOptions& options);
std::vector<OptionRecord> convolutional_options(const std::vector<OptionRecord>& own);

}  // namespace shatterproof
