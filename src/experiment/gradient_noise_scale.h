// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/experiment/experiment.h"

namespace shatterproof {

/// How many examples a step needs before its gradient is more signal than noise: near that batch size
/// training stops gaining from larger ones.
///
///   B_simple = tr(Sigma) / |G|^2,   g_b of b examples:  E |g_b|^2 = |G|^2 + tr(Sigma) / b
///
///   |G|^2 = (B |g_B|^2 - b mean |g_b|^2) / (B - b),   tr(Sigma) = (mean |g_b|^2 - |g_B|^2) / (1/b - 1/B)
///
/// g: gradient of the mean cross entropy with respect to all trainable parameters, of the batch (B) and of
/// each of its `parts` (b examples each; what is left over stays out). Both estimators are without bias; for
/// parts of one example they are the sample's variance. B_simple > 0, undefined where the estimate of |G|^2
/// is not: the batch is too small to see G. Unchanged by scaling the loss. Examples without labels get random
/// ones, which have little in common. Undefined without one output of classes, for fewer than two parts, and
/// for what is not finite. Cost: a forward and a backward pass, in parts. McCandlish et al. (2018), appendix
/// A.1.
///
/// Readings: the scalar of all parameters, and a curve over depth of the weight of each layer.
ExperimentRecord gradient_noise_scale_record();

}  // namespace shatterproof
