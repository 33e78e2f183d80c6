// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/architecture/conv_residual.h"

#include "architecture/convolution_pairs.h"

namespace shatterproof {

Network conv_residual(const ConvResidualOptions& options) {
  return convolution_pairs("conv_residual", options, options.beta);
}

}  // namespace shatterproof
