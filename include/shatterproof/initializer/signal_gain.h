// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "shatterproof/network/layer.h"

namespace shatterproof {

/// By which factor a layer and its nonlinearity change the root mean square of the signal.
///
///   gain^2 = E rho(z)^2,   z ~ N(0, fan_in E w^2)
///
/// E w^2: mean over the weight's numbers. `fan_in E w^2` is what independent weights of mean 0 make of an
/// input with mean square 1; for a rectifier gain^2 = fan_in E w^2 / 2, whatever the input's: 1 for He's
/// weights, 1/6 (a gain of .41) for PyTorch's default. Without a nonlinearity the gain is that of the map.
/// Biases and what pads an input are left out, and so is the mean of weights, which adds up where inputs have
/// one sign. The operator itself is evaluated on 4,001 quantiles of the Gaussian, within .1 %.
///
/// Nothing for a recurrent layer, where a normalization stands between map and nonlinearity (it undoes
/// whatever the gain is), and where the nonlinearity is not one of single numbers.
std::optional<double> signal_gain(const Network& network, const Layer& layer);

}  // namespace shatterproof
