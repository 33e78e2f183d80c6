// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "shatterproof/measure/measurement.h"

namespace shatterproof {

/// How much the gradients of two examples oppose each other at worst.
///
///   min over i < j of <g_i, g_j> / (||g_i|| ||g_j||)
///
/// g_i: gradient of example i, uncentred. Between -1 (a step for one example is a step against another) and 1
/// (all gradients point the same way). Examples whose gradient is zero point nowhere and are left out.
/// Unchanged by scaling any one gradient and by rotating units. Undefined when fewer than two examples have a
/// gradient, for more than 4,096 examples and for what is not finite. O(B^2 D); all examples at once.
/// Sankararaman et al. (2020).
///
/// `gradients`, the g_i, is [B, numbers...] of any floating dtype, on any device.
Reading gradient_confusion(const at::Tensor& gradients);

/// Of a network. Readings: scalars at the inputs, all together, or at the named tap: the smallest cosine, and
/// `gradient_confusion_quantile`, the 1 % quantile of all B (B - 1)/2, which one odd pair does not move. It
/// lies at position (n - 1)/100 of the n cosines in ascending order, counted from 0, between two of them in
/// proportion.
MeasurementRecord gradient_confusion_record();

}  // namespace shatterproof
