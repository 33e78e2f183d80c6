// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/architecture/conv_feedforward.h"

#include "architecture/convolution_pairs.h"

namespace shatterproof {

Network conv_feedforward(const ConvolutionalOptions& options) {
  return convolution_pairs("conv_feedforward", options, {});
}

}  // namespace shatterproof
