// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/signal_propagation.h"

#include <algorithm>
#include <cmath>

namespace shatterproof {

std::vector<SignalLayer> follow_signal(const Nonlinearity& phi, const SignalStack& stack) {
  constexpr double kStays = 1e-12;
  std::vector<SignalLayer> layers;
  SignalLayer layer;
  layer.length = stack.first.weight + stack.first.bias;
  layer.correlation = layer.length > 0 ? stack.first.bias / layer.length : 1;
  layer.chi = chi_1(phi, stack.first, layer.length);
  layers.push_back(layer);
  bool stays = false;
  while (static_cast<int64_t>(layers.size()) < stack.layers) {
    const SignalLayer before = layers.back();
    if (!stays) {
      layer.length = length_map(phi, stack.hidden, before.length);
      layer.correlation =
          layer.length > 0 ? correlation_map(phi, stack.hidden, before.length, before.correlation) : 1;
      layer.chi = chi_1(phi, stack.hidden, layer.length);
    }
    stays = std::abs(layer.length - before.length) <= kStays * layer.length &&
            std::abs(layer.correlation - before.correlation) <= kStays * std::abs(1 - layer.correlation) &&
            layers.size() > 1;
    layers.push_back(layer);
  }
  return layers;
}

}  // namespace shatterproof
