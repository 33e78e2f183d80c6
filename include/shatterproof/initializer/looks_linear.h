// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "shatterproof/core/random.h"
#include "shatterproof/initializer/weight.h"

namespace shatterproof {

/// Mirrored weights: the network is linear when training starts, and free to become anything else.
///
/// A rectifier loses nothing when it sees z and -z: rho(z) - rho(-z) = g z, g = 1 + slope. So
///
///   after a CReLU (rho(z), rho(-z))   (W, -W): gives W z, W orthogonal
///   between plain rectifiers          first (Q; -Q), hidden ((Q, -Q); (-Q, Q)), last (Q, -Q)
///   between PReLUs                    W orthogonal, every slope 1
///   convolutions                      the same along channels; W at the kernel's centre, or, where the
///                                     stride is 2, 0.28 W on the 2 x 2 taps from one before the centre
///
/// `initialize` finds which weights to mirror from what they read and where their output goes
/// (`WeightShape::mirror`) and draws one block of each: this function. Weights with a distribution of their
/// own (readout, embedding) keep it for that block, and so do biases of mirrored units. Where the network has
/// more than that (normalizations, gates, maxima, rectifiers of what no layer mirrors) it is not linear, and
/// the notes say where. [SG] section 5; [GE] for plain rectifiers.
///
/// The block is gain 1; a strided one of t taps is scaled by 1.12 / t. Cost as `orthogonal_weight`.
at::Tensor looks_linear_core(const WeightShape& core, const RandomStream& stream);

/// What `looks_linear_core` cannot keep of an orthogonal map, for the coverage; empty when nothing.
std::string looks_linear_shortfall(const WeightShape& core);

}  // namespace shatterproof
