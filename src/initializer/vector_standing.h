// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "shatterproof/initializer/provenance.h"

namespace shatterproof {

/// What vectors say when those beside them are known: the few numbers of one agree with some law by chance.

/// Biases are as drawn when they follow PyTorch's law or that of the weights. Three or more that do not have
/// moved, unless all have the same spread within 2.5 standard errors: drawn by hand, or after so many steps
/// of Adam. Returns whether there are no such.
bool settle_biases(std::vector<ParameterOrigin>& origins);

/// Gains were drawn when most of them agree with one law; the others are then undecided. Three or more that
/// do not have all moved.
void settle_gains(std::vector<ParameterOrigin>& origins);

/// Gains of a weight normalization that are the lengths of what they scale, as it begins with, say nothing of
/// their own. A trained direction is longer than its gain; where the graph has only their product, that
/// tells.
void settle_lengths(const Network& network, std::vector<ParameterOrigin>& origins);

}  // namespace shatterproof
