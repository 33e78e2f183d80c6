// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "initializer/parameter_role.h"

namespace shatterproof {

/// Standard errors beyond which numbers do not follow a distribution. Chance goes there once in a million
/// tensors; a largest of a dozen such errors is asked.
inline constexpr double kMostDeparture = 5.5;

/// Judged by its own numbers; `standing` of a vector may change when those beside it are known.
ParameterOrigin parameter_origin(const Network& network, const Parameter& parameter, const ParameterUse& use);

/// Whether it is one number per unit rather than a matrix.
bool is_vector(const ParameterOrigin& origin);

}  // namespace shatterproof
