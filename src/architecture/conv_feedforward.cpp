// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/architecture/conv_feedforward.h"

#include "architecture/convolution_pairs.h"
#include "architecture/family_options.h"
#include "architecture/records.h"

namespace shatterproof {

Network conv_feedforward(const ConvolutionalOptions& options) {
  return convolution_pairs("conv_feedforward", options, {});
}

FamilyRecord conv_feedforward_family() {
  return {"conv_feedforward",
          "Pairs of convolutions on images, one after the other.",
          "x_l = W_l * rho(N(V_l * rho(N(x_{l-1}))))",
          "Balduzzi et al. 2017, section 3",
          convolutional_options({}),
          [](const Spec& values) {
            ConvolutionalOptions options;
            read_convolutional(values, options);
            values.reject_unread();
            return conv_feedforward(options);
          }};
}

}  // namespace shatterproof
