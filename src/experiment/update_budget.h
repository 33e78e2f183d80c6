// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/experiment/experiment.h"

namespace shatterproof {

/// By what part of themselves a layer's weights may change before the linear model of the error is used up.
///
///   budget(k) = 1 / GSC(k, 0),   GSC(k, 0)^2 = sum_b ||dE_b/df_k||^2 / d_k  sum_b ||f_{k,b}||^2 / B
///                                              / sum_b E_b^2
///
/// E_b: the error of example b, its cross entropy in nats; f_k as in gradient_scale_coefficient: GSC(k, 0) is
/// that coefficient from layer k to the error. budget > 0: with 1e-3, a relative change of the layer by more
/// than a thousandth, in a random direction, is predicted to change the error by all of it, so the
/// prediction no longer holds; infinite, as NaN in the curve, where no gradient arrives. Unchanged by
/// rescaling of layers that leaves the function as it is. Undefined without labels or without one output of
/// classes, for an error of zero, without linear layers, and what is not finite. Averaged over seeds
/// geometrically. Cost: a forward and a backward pass, and one forward. [GE] section 3.
///
/// Reading: a curve over depth.
ExperimentRecord update_budget_record();

}  // namespace shatterproof
