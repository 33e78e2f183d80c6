// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/experiment/measure.h"

namespace shatterproof {

/// How far one may move towards another example before the gradient forgets where it was.
///
///   c(d) = mean_i <g(x_i), g(x_i + d (x'_i - x_i))> / mean_i ||g(x_i)||^2,  d = 2^-8, 2^-7, ..., 1
///   length = smallest d with c(d) < 1/2, interpolated between neighbouring d in log d
///
/// x'_i: the example after x_i, the first after the last; of an ordered batch the one half the batch away.
/// g: gradient of the functional with respect to the input, uncentred. Normalizations keep the statistics of
/// the undisplaced batch
/// (`detached`), or their stored ones (`stored`). Unchanged by scaling. In [1/256, 1]; a bound "> 1" when c
/// never falls below 1/2 (a linear network), "< 1/256" when it has at the first step. Undefined for one
/// example, whole-number inputs, zero gradients, what is not finite, and under `attached`, where examples are
/// coupled.
///
/// Means are over the first 32 examples, then twice as many, until the standard error of c is at most .02 at
/// every d; over all of an ordered batch. Cost: ten forward and backward passes of these examples.
///
/// Readings: the scalar, and the curve `correlation_length_profile`, c(d) over d.
ExperimentRecord correlation_length_record();

}  // namespace shatterproof
