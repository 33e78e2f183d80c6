// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shatterproof/experiment/experiment.h"

namespace shatterproof {

/// How much finite width adds up to over the depth of a network.
///
///   beta = sum over hidden layers j of 1 / n_j
///
/// Hidden: another linear map reads, directly or not, what the layer makes. n_j: units of a dense layer,
/// fan-in of a convolution. beta >= 0; 0 without hidden layers. In rectifier networks of Gaussian
/// weights log ||h||^2 has the variance 5 beta or so, and gradients the scale coefficient exp(beta/2).
/// Says nothing about layers beside a skip, which it counts like all others. Undefined without linear layers.
/// O(nodes). Hanin (2018).
double inverse_width(const Network& network);

/// Reading: a scalar; the batch is not looked at.
ExperimentRecord inverse_width_record();

}  // namespace shatterproof
