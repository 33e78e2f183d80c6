// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <string>

#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/network/builder.h"
#include "shatterproof/train/awakening.h"

namespace shatterproof::awakened_networks {

inline constexpr int64_t kWidth = 12;

inline void set_all(Network& network, const std::string& parameter, double value) {
  network.set_parameter(parameter, at::full_like(network.find_parameter(parameter)->value, value));
}

inline Awakening awakened(const Network& network) {
  return awakening(network, gaussian_batch(network.inputs(), 16, 1));
}

inline std::string layer(NetworkBuilder& builder, const std::string& x, const std::string& name,
                         bool bias = true) {
  return builder.linear(x, {name, kWidth, kWidth, bias, "", ""});
}

}  // namespace shatterproof::awakened_networks
