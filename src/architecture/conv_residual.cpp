// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/architecture/conv_residual.h"

#include "architecture/convolution_pairs.h"
#include "architecture/family_options.h"
#include "architecture/records.h"

namespace shatterproof {

Network conv_residual(const ConvResidualOptions& options) {
  return convolution_pairs("conv_residual", options, options.beta);
}

FamilyRecord conv_residual_family() {
  return {"conv_residual",
          "Pairs of convolutions on images, with a skip around each pair.",
          "x_l = x_{l-1} + beta W_l * rho(N(V_l * rho(N(x_{l-1}))))",
          "Balduzzi et al. 2017, section 3; He et al. 2016",
          convolutional_options({{"beta", "1", "factor of the branch"}}),
          [](const Spec& values) {
            ConvResidualOptions options;
            read_convolutional(values, options);
            options.beta = values.number("beta", options.beta);
            values.reject_unread();
            return conv_residual(options);
          }};
}

}  // namespace shatterproof
