// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/dataset/batch.h"
#include "shatterproof/network/network.h"
#include "shatterproof/run/tap_source.h"

namespace shatterproof {

/// Sizes of every node's first output that depends on the input, for two of the batch's examples, or as many
/// as an input is frozen to.
ValueShapes output_shapes(const Network& network, const Batch& batch);

}  // namespace shatterproof
