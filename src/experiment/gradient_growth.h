// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/experiment/experiment.h"

namespace shatterproof {

/// By what factor the gradient scale coefficient grows from layer to layer towards the input.
///
///   log GSC = log c + (depth_L - depth) log r, least squares over the layers of gradient_scale_coefficient
///   excess = GSC(first layer) / exp(1/2 beta),  beta = sum_hidden 1/n_j (see inverse_width)
///
/// depth as on that curve: nonlinearities up to the layer; depth_L: the last layer's. r > 0: above 1
/// gradients explode, relative to what they are gradients of, below 1 they vanish. The excess is what is left
/// of the total growth when what finite width costs a network of Gaussian weights is taken off; where skips
/// run beside layers that floor is too high. Unchanged by any rescaling of layers that leaves the function as
/// it is. Undefined where the coefficient is, for layers of one depth only, and for a coefficient of zero.
/// Averaged over seeds geometrically, R^2 arithmetically. Cost: a forward and a backward pass. [GE]
/// section 3.
///
/// Readings: r; further `gradient_growth_intercept` c, the fit's value at the last layer;
/// `gradient_growth_fit`, its R^2, undefined for a coefficient that does not vary; `gradient_growth_excess`.
ExperimentRecord gradient_growth_record();

}  // namespace shatterproof
