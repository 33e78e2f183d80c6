// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/experiment/experiment.h"

namespace shatterproof {

/// By what part of itself the first step of an optimizer changes each layer's weight.
///
///   Adam   ratio(l) = eta || g_l / (|g_l| + 1e-8) ||_F / ||W_l||_F
///   SGD    ratio(l) = eta' ||g_l||_F / ||W_l||_F
///
/// g_l: gradient of the mean cross entropy of the batch with respect to the stored weight W_l, as training
/// sees it; eta and eta' the learning rates, options `rate` and `sgd_rate`. Adam's first moments and their
/// corrections cancel in the first step. ratio >= 0: 0 where no gradient arrives. Proportional to the rate;
/// doubling a weight in front of a norm quarters it of SGD and halves it of Adam. Examples without labels get
/// random ones. Weights that are zero have no ratio and are left out. Undefined without linear layers that
/// train, without one output of classes, and for what is not finite. Cost: one training step. Kingma and Ba
/// (2015).
///
/// Readings: two curves over depth.
ExperimentRecord update_ratio_record();

}  // namespace shatterproof
