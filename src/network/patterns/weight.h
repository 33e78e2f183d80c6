// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shatterproof/network/composite.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

/// A weight that nodes make of parameters.
struct ComputedWeight {
  std::string
      parameter;  ///< the parameter of its shape that it starts from, or of a product its larger factor
  bool transposed = false;  ///< its last two axes are the parameter's, exchanged
  std::vector<int64_t> sizes;
  Composite composite;
};

/// How `value`, on which no input of the network has influence, is made; nothing where no matrix is found.
std::optional<ComputedWeight> computed_weight(const Network& network, const std::string& value);

}  // namespace shatterproof
