// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// Which units of a layer are active on which inputs, as a picture.
///
///   A_ub = 1 when z_ub > 0, else 0
///
/// z_ub: what enters the nonlinearity at unit u for the b-th of B inputs along a path; units as in
/// activation_fraction. Rows are units, columns inputs. Of a wide layer every n-th unit is shown, so that
/// there are at most 512, and at most 2^22 numbers. Unchanged by positive scaling. Undefined for unordered
/// inputs, without a nonlinearity, and where what enters is not finite. O(B units). [SG] section 3, figure 4.
///
/// `pre_activations`, the z of one layer, is [B, units...] of any floating dtype, on any device; its examples
/// in the order of the columns. Reading: the matrix.
Reading activation_raster(const at::Tensor& pre_activations);

/// Of a network. Readings: a matrix at the last nonlinearity, or at the named tap, and
/// `activation_raster_share`, the fraction of the layer's units it shows.
MeasurementRecord activation_raster_record();

}  // namespace shatterproof
