// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/experiment/experiment.h"

namespace shatterproof {

/// What numbers of 16 bits would make of tensors and gradients, and by what to scale the loss.
///
///   lost(x) = share of the numbers x_i that become infinite or, not being zero, become zero
///   headroom(x) = most / max |x_i|
///   scale = the largest power of two S with S max |g| below what becomes infinite
///   least scale = the least power of two S >= 1 with which at most 1/100 of all g_i != 0 become zero
///
/// float16: most 65504, infinite from 65520 on, subnormal below 2^-14, zero up to 2^-25; bfloat16: 3.39e38,
/// 2^-126 and 2^-134 (option `type`). x: what passes each tap; g: the gradient of the mean cross entropy of
/// the batch there, and with respect to the weight of each layer. Everything is measured in the run's type
/// and compared: nothing is computed in 16 bits, whose rounding (2^-11, 2^-8 of a number) is another matter.
/// Examples without labels get random ones; where tokens have labels, gradients are read at weights alone.
/// Undefined for what is not finite; gradients without one output of classes, and scales where all of them
/// are zero. Cost: a training step, and a pass over every tap. Micikevicius et al. (2018).
///
/// Readings: curves over depth of taps and of layers, two scalars.
ExperimentRecord half_precision_record();

}  // namespace shatterproof
