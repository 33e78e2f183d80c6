// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace shatterproof {

/// The operator of a node of which only its owner knows the function, as of a live model: what it makes
/// depends on its inputs, and it is no layer. `find_operator` knows it, the table does not hold it: no file
/// has one that runs.
inline constexpr std::string_view kOpaque = "Opaque";

}  // namespace shatterproof
