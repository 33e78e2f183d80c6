// SPDX-License-Identifier: Apache-2.0
#include "initializer/channel_map.h"

#include "shatterproof/initializer/orthogonal.h"

namespace shatterproof {

at::Tensor channel_map(const WeightShape& convolution, double gain, const RandomStream& stream) {
  const int64_t channels_out = convolution.sizes[0], channels_in = convolution.sizes[1];
  WeightShape map;
  map.sizes = {channels_out, channels_in};
  map.matrices = convolution.groups;
  map.fan_in = channels_in;
  map.fan_out = channels_out / convolution.groups;
  return orthogonal_weight(map, gain, stream);
}

std::string channel_map_shortfall(const WeightShape& convolution) {
  if (convolution.sizes[0] / convolution.groups >= convolution.sizes[1]) return "";
  return "convolutions with fewer channels out than in, so only rows are orthonormal";
}

}  // namespace shatterproof
