// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/experiment/experiment.h"

namespace shatterproof {

/// How far training has moved each layer's weights, relative to where they began.
///
///   displacement(l) = ||W_l - W_0,l||_F / ||W_0,l||_F
///
/// Of the layer's weight; biases, which mostly begin at 0, are left out. >= 0: 0 for a layer that did not
/// move, sqrt 2 for weights as good as drawn anew, infinite, as NaN in the curve, where weights began at 0.
/// Unchanged by examples, which are not looked at. Undefined without linear layers, when no layer began other
/// than at 0, and when a weight is not finite. Cost: the parameters read once. [GE] section 6.
///
/// Reading: a curve over depth.
ExperimentRecord weight_displacement_record();

}  // namespace shatterproof
