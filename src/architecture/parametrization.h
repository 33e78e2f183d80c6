// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "shatterproof/core/spec.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

/// How initial weights, and the steps that one rate makes, follow the width.
///
///   mup: maximal update parametrization for Adam, table 8 of [TP5], written into the network, so that one
///   rate serves all widths and every optimizer. With r = fan_in / fan_in at the base width:
///     fan-in and fan-out grow: W = w / r              fan-in alone: W = w / sqrt(r), of inputs divided by
///     sqrt(r) else: W = w             attention: scores times 1/d_head instead of 1/sqrt(d_head), the same
///     at the base
///
/// What is drawn is W by its scheme. Adam moves w by the rate, W by the rate over r. [TP5] Yang et al. 2022,
/// Tensor Programs V.
bool asks_for_mu_p(const Spec& values);
/// The same options at the base width.
Spec at_base_width(const Spec& values);
/// The network so written; `base` is the same at the base width. Throws std::invalid_argument where they
/// differ in more than sizes.
Network with_mu_p(const Network& network, const Network& base);

std::vector<OptionRecord> parametrization_options();

}  // namespace shatterproof
