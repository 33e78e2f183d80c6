// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// How long a unit stays as it is, active or not, along ordered inputs.
///
///   mean length = B units / number of runs;  a run: neighbouring inputs on which z_u > 0 holds for all of
///   them or for none, that cannot be made longer
///
/// z_u: what enters the nonlinearity at unit u; units as in activation_fraction. 1 <= length <= B: B when no
/// unit ever switches; 2 B / (B + 1), nearly 2, when every unit tosses a coin at every input. Unchanged by
/// positive scaling and by reversing the inputs. Undefined for unordered inputs, one input, without a
/// nonlinearity, and where what enters is not finite. O(B units); keeps the open run of each unit. [SG]
/// section 3, figure 4.
///
/// `pre_activations`, the z of one layer, is [B, units...] of any floating dtype, on any device; its examples
/// in the order in which they lie along a path. Reading: the histogram.
Reading contiguity(const at::Tensor& pre_activations);

/// Of a network. Readings: per nonlinearity a histogram, the number of runs per unit with lengths in [1, 2),
/// [2, 4), [4, 8), ...; and `contiguity_mean`, the curve of the mean length over depth. The mean of
/// histograms over networks is that of their runs pooled, and B over its sum is the mean length of those.
MeasurementRecord contiguity_record();

}  // namespace shatterproof
