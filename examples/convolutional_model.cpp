// SPDX-License-Identifier: Apache-2.0
// Builds a plain convolutional network, draws its weights and writes it as ONNX: convolutional_model OUT.onnx
#include <cstdint>
#include <exception>
#include <iostream>
#include <string>

#include "shatterproof/initializer/catalog.h"
#include "shatterproof/network/builder.h"
#include "shatterproof/onnx/export.h"

namespace {

// Sixteen 3x3 convolutions, each with batch norm and a rectifier, on 3 x 12 x 12 images; no skip connections.
shatterproof::Network convolutional_network() {
  constexpr int64_t kLayers = 16;
  constexpr int64_t kChannels = 16;
  shatterproof::NetworkBuilder builder("convolutional");
  std::string x = builder.input("image", {3, 12, 12});
  int64_t channels = 3;
  for (int64_t layer = 1; layer <= kLayers; ++layer) {
    const std::string name = "layer_" + std::to_string(layer);
    shatterproof::ConvolutionOptions convolution;
    convolution.name = name;
    convolution.channels_in = channels;
    convolution.channels_out = kChannels;
    x = builder.convolution(x, convolution);
    x = builder.normalization(x, name + ".norm", "batch", kChannels);
    x = builder.activation(x, name + ".relu", "relu");
    channels = kChannels;
  }
  x = builder.node("GlobalAveragePool", "pool", {x});
  x = builder.node("Flatten", "flat", {x});
  shatterproof::LinearOptions classes;
  classes.name = "classes";
  classes.fan_in = kChannels;
  classes.fan_out = 10;
  builder.output(builder.linear(x, classes));
  return builder.build();
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: convolutional_model OUT.onnx\n";
    return 2;
  }
  try {
    const auto [network, notes] = shatterproof::initialize(convolutional_network(), "he", 1);
    shatterproof::export_onnx(network, arguments[1]);
  } catch (const std::exception& error) {
    std::cerr << "convolutional_model: " << error.what() << '\n';
    return 2;
  }
}
