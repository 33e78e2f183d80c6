// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "examine/altered.h"
#include "shatterproof/experiment/measure.h"

namespace shatterproof {

/// What a network shows with LeCun's weights in its last layer, where those are all zero and by `measured`,
/// what it shows as it is, no change of the inputs comes out: no gradient of the outputs reaches anything
/// then, whatever the network is like, and the first step of a training ends that. Its notes say so. Nothing
/// elsewhere, where `alter` cannot draw them, and where nothing comes out with them either. Cost: that of
/// `measure`.
std::optional<Measured> measured_behind_zero_readout(const Network& graph, const Altering& alter,
                                                     const std::vector<std::string>& names,
                                                     const MeasureRequest& request, const Measured& measured);

}  // namespace shatterproof
