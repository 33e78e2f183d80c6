// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/experiment/measure.h"

namespace shatterproof {

/// Measures a network as `measure` does, one whose last layer's weights are all zero with LeCun's there: at
/// zero no gradient of the outputs reaches anything, whatever the network is like, and the first step of a
/// training ends that. Its notes say so. Live models get their own weights back. Cost: that of `measure`.
Measured measure_as_it_begins(TapSource& source, const Batch& batch, const std::vector<std::string>& names,
                              const MeasureRequest& request);

/// Whether the weights of the last of several layers are all zero.
bool has_zero_readout(const TapSource& source);

}  // namespace shatterproof
