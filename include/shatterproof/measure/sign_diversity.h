// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// How often what enters a nonlinearity has its rarer sign.
///
///   s = mean over units of min(P, N) / (P + N)
///
/// P, N: inputs for which what enters the nonlinearity at the unit is > 0, < 0; units as in
/// activation_fraction. In [0, 1/2]: 1/2 when every unit sees both signs equally often, 0 when each sees one,
/// as does a unit that only sees zeros. Unchanged by scaling units. Undefined without a nonlinearity, for one
/// input, and where what enters is not finite. O(B units). [GE] table 1.
///
/// `pre_activations`, the z of one layer, is [B, units...] of any floating dtype, on any device.
Reading sign_diversity(const at::Tensor& pre_activations);

/// Of a network. Reading: a curve over depth.
MeasurementRecord sign_diversity_record();

}  // namespace shatterproof
