// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "shatterproof/architecture/fully_connected.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

/// gamma1^2 + gamma2^2 = 1: one of the two is enough; neither means gamma2 = sqrt(1/L).
struct HighwayOptions : FullyConnectedOptions {
  std::optional<double> gamma1;  ///< of the skip, in [0, 1]
  std::optional<double> gamma2;  ///< of the branch, in [0, 1]
};

/// Skips and branches weighted by two scalars.
///
///   x_l = gamma1 x_{l-1} + gamma2 W_l rho(N(x_{l-1})), l = 1..L;   f = w . x_L
///
/// Inputs, names and errors as in `residual`; also throws when the squares do not add up to 1.
/// [SG] section 3, corollary 1.
Network highway(const HighwayOptions& options);

/// The options that `highway:depth=3` gives, both
/// factors known. Throws std::invalid_argument on unknown ones (naming the known ones) and on
/// values out of range.
HighwayOptions highway_options(const Spec& values);

}  // namespace shatterproof
