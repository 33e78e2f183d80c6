// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/experiment/experiment.h"

namespace shatterproof {

/// How a network stretches different directions around an example: the singular values of its Jacobian.
///
///   s_1 >= s_2 >= ... >= s_n of J_b = df/dx at example b, n = min(inputs, outputs)
///   mean square = ||J_b||_F^2 / inputs,   stable rank = ||J_b||_F^2 / s_1^2
///
/// Of every example, then averaged over examples. Several inputs or outputs are one long vector, a final
/// softmax is taken off, token ids are taken for their embeddings. Quantiles 0, .05, .25, .5, .75, .95, 1 of
/// all singular values, exact, when n <= 512; else the eight largest by the Lanczos method, at their
/// quantiles 1 - (k - 1)/(n - 1), and the norm from eight Gaussian probes. Values >= 0, all equal for an
/// orthogonal map; 1 <= stable rank <= n (an estimated one may leave that by its error). Normalizations keep
/// the statistics of the batch (`detached`) or their stored ones. Undefined under `attached`, where examples
/// are coupled, and for what is not finite; the stable rank also where the Jacobian is zero for every
/// example. Cost: n passes of each example, or 136. [GE] section 3.
///
/// Readings: the curve over quantiles; `jacobian_mean_square` and `jacobian_stable_rank`, scalars.
ExperimentRecord jacobian_spectrum_record();

}  // namespace shatterproof
