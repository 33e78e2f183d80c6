// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/experiment/experiment.h"

namespace shatterproof {

/// How well a trained network does whose first layers only act to first order in their weights' changes.
///
///   f_m(theta_0) + (df_m/dtheta) theta'   in place of f_m(theta), the m layers nearest the input;
///   the other layers as trained; error = fraction of examples whose largest output is not their label
///
/// Against the remaining depth, the number of layers kept as trained. Cut where one value is all that passes
/// from layer to layer: at outputs of linear layers, in residual networks at the sums, so that several layers
/// go at once. 0 <= error <= 1; the error of the network itself at the full depth. Where it stays low down to
/// d, the trained network is one of depth d as far as the labels go. The control, `taylor_error_reset`, puts
/// the same layers back to theta_0. Batch statistics are those of what flows, differentiated through under
/// `attached`. Undefined without labels, with several outputs, where an operator has no forward derivative
/// (the node is named), and when the trained network's outputs are not finite. Cost: one forward-mode pass,
/// and for every depth two forward passes through what remains. [GE] section 6.
///
/// Readings: the curve over remaining depth; `taylor_error_reset`, its control.
ExperimentRecord taylor_error_record();

}  // namespace shatterproof
