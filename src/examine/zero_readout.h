// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "examine/altered.h"
#include "shatterproof/experiment/measure.h"

namespace shatterproof {

/// What a network shows with LeCun's weights in its last layer, where those are all zero and leave any of
/// `measured`, what it shows as it is, undefined: at zero no gradient of the outputs reaches anything,
/// whatever the network is like, and the first step of a training ends that. Its notes say so. Nothing
/// elsewhere, and where `alter` cannot draw them. Cost: that of `measure`.
std::optional<Measured> measured_behind_zero_readout(const Network& graph, const Altering& alter,
                                                     const std::vector<std::string>& names,
                                                     const MeasureRequest& request, const Measured& measured);

}  // namespace shatterproof
