// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// How far along ordered inputs the gradient remembers itself.
///
///   rho(k) = sum_{m=1}^{M-k} <g_m - mean, g_{m+k} - mean> / sum_{m=1}^{M} ||g_m - mean||^2,  k = 0, 1, ...,
///   lags
///
/// g_m: gradient at the m-th of M inputs along a path, a number or a vector. The biased estimator: |rho| <=
/// 1, rho(0) = 1. White noise has -1/(M - 1) on average at every lag k > 0 up to the factor (1 - k/M).
/// Unchanged by scaling and by rotation. Undefined for unordered inputs, one example, a gradient that is
/// constant on them (up to rounding: 1e-5 of its size in float32, 1e-12 in float64) and for what is not
/// finite. Keeps the gradients at the input. O(lags M D). [SG] section 2, figure 2.
///
/// Reading: a curve over lags 0 ... min(lags, M - 1) at the inputs, all together.
MeasurementRecord gradient_autocorrelation_record();

/// The same for a series [M] or [M, ...] at hand, a noise say.
Reading gradient_autocorrelation(const at::Tensor& series, int64_t lags);

}  // namespace shatterproof
