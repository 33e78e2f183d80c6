// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/experiment/experiment.h"

namespace shatterproof {

/// How many layers' changes, one after the other, the output of a trained network depends on.
///
///   theta = theta_0 + theta'   h^(k) = W_0 a^(k) + W' a^(k-1),   a^(k) = gamma N_s(h^(k)),   h^(0) = x
///   sum_k h^(k) = f(x),   depth = largest k with ||h^(k)|| / ||f|| >= threshold
///
/// A trained layer is its initial function plus a residual; multiplied out, the network is a sum over paths,
/// and h^(k) is what has passed k residuals. gamma = phi(y)/y, 0 at y = 0, is the secant of the nonlinearity
/// at the trained network's pre-activation y, N_s normalization by the trained network's scale: both are
/// kept, so that the sum is exact. Norms are root mean squares over examples; initial biases and gains are of
/// order 0, their changes of order 1, as are those of stored means.
///
/// Over all graphs: linear operators carry every order, MaxPool picks the places of the whole; undefined,
/// with the node, for nonlinearities with phi(0) != 0 (sigmoid), products of activations (attention), scales
/// that depend on the data outside normalizations, and recurrent nodes. Undefined too for outputs of zero and
/// what is not finite. 0 for an untrained network, exactly 1 when one layer changed; at most the number of
/// layers (with trained gains, of both). h is 1e-6 unless the option `threshold` sets it. Cost: about as
/// many forward passes as the network has layers. [GE] section 6.
///
/// Readings: the scalar; `effective_depth_parts`, the curve of ||h^(k)|| / ||f|| over k.
ExperimentRecord effective_depth_record();

}  // namespace shatterproof
