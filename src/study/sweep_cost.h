// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "shatterproof/study/study.h"

namespace shatterproof {

/// Seconds that one seed of each case takes on one thread, roughly: multiplications of its network times
/// examples, passes or epochs, and a price for each node, at a speed that is assumed. The same on every
/// machine, so that all deal units out alike.
///
/// Of a sweep the cost of a combination is that of its first case times, for each axis, what changing that
/// axis alone does to it: exact where cost is a product, as of depth, examples and epochs. Cost: one network
/// built for each case outside, and for each value on an axis.
std::vector<double> estimated_seconds(const Study& study);

}  // namespace shatterproof
