// SPDX-License-Identifier: Apache-2.0
#include "experiment/untrained_weights.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "shatterproof/core/error.h"

namespace shatterproof {

Network with_untrained_weights(const Network& network, const std::optional<Network>& untrained,
                               const std::string& measurement) {
  if (!untrained) reject(measurement, "needs the weights the network had before training", "none");
  Network before = network;
  for (const Parameter& parameter : network.parameters()) {
    const Parameter* found = untrained->find_parameter(parameter.name);
    if (found == nullptr && !parameter.trainable) continue;
    if (found == nullptr) {
      reject(measurement, "initial weights must have the parameters of the network",
             fmt::format("none named '{}'", printable(parameter.name)));
    }
    if (found->value.sizes() != parameter.value.sizes()) {
      reject(measurement,
             fmt::format("initial '{}' must be [{}]", printable(parameter.name),
                         fmt::join(parameter.value.sizes(), ", ")),
             fmt::format("[{}]", fmt::join(found->value.sizes(), ", ")));
    }
    before.set_parameter(parameter.name, found->value.to(parameter.value.scalar_type()));
  }
  return before;
}

}  // namespace shatterproof
