// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "shatterproof/core/spec.h"
#include "shatterproof/network/network.h"

namespace shatterproof {

/// How initial weights, and the steps that one rate of Adam makes, follow the width.
///
/// `mup`: maximal update parametrization for Adam, table 8 of [TP5], written into the network. A fan-in that
/// grows with the width N is n(N) = n_0 + s N; r = n(N) / n(base_width).
///
///   fan-in grows                   W = w / r
///   and it is the last layer       W = w / sqrt(r), of inputs divided by sqrt(r)
///   else                           W = w
///   attention                      scores times sqrt(base_width/h) / (N/h) instead of 1/sqrt(N/h)
///
/// W is what multiplies and what a scheme draws, w the parameter: Adam at one rate moves w by the rate, W by
/// the rate over r. At base_width nothing differs. [TP5] Yang et al. 2022, Tensor Programs V.
///
/// Empty where the options ask for the standard parametrization, else the base width. Throws
/// std::invalid_argument on another word, and on a base width that belongs to none.
std::optional<int64_t> mu_p_base_width(const Spec& values);

/// The network of these options so written, `build` what makes it under the standard parametrization at any
/// width. Throws what `build` throws, std::invalid_argument where no width is given.
Network with_mu_p(const Spec& values, int64_t base_width, const std::function<Network(const Spec&)>& build);

std::vector<OptionRecord> parametrization_options();

}  // namespace shatterproof
