// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/theory/signal_propagation.h"

#include <cmath>

namespace shatterproof {

std::vector<SignalLayer> follow_signal(const Nonlinearity& phi, const SignalStack& stack) {
  double length = stack.first.weight + stack.first.bias;
  std::vector<SignalLayer> layers = {{length, chi_1(phi, stack.first, length)}};
  while (static_cast<int64_t>(layers.size()) < stack.layers) {
    length = length_map(phi, stack.hidden, length);
    layers.push_back({length, chi_1(phi, stack.hidden, length)});
  }
  return layers;
}

std::vector<double> follow_distance(const Nonlinearity& phi, const SignalStack& stack,
                                    const std::vector<SignalLayer>& layers) {
  constexpr double kStays = 1e-12, kNear = 1e-8;
  std::vector<double> distances = {stack.first.weight};
  bool stays = false;
  for (size_t l = 1; l < layers.size(); ++l) {
    const double before = distances.back(), length = layers[l - 1].length;
    double now = before;
    if (!stays && before < kNear * length) {
      now = chi_1(phi, stack.hidden, length) * before;
    } else if (!stays && length > 0) {
      now = layers[l].length * (1 - correlation_map(phi, stack.hidden, length, 1 - before / length));
    }
    stays = std::abs(layers[l].length - length) <= kStays * length && std::abs(now - before) <= kStays * now;
    distances.push_back(now);
  }
  return distances;
}

}  // namespace shatterproof
