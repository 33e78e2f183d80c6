// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "shatterproof/network/network.h"

namespace shatterproof {

/// The network with the parameters that `untrained` has of the same names: what it was before training.
///
/// Throws std::invalid_argument when there is none, when a trainable parameter is missing there, and when a
/// shape differs; `measurement` is what needs it.
Network with_untrained_weights(const Network& network, const std::optional<Network>& untrained,
                               const std::string& measurement);

}  // namespace shatterproof
