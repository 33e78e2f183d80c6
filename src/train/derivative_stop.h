// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "shatterproof/network/network.h"

namespace shatterproof {

/// The operator without derivative that keeps every gradient from a parameter, "round (Round)"; empty where
/// some way from it to an output leads through derivatives alone. O(nodes).
std::optional<std::string> derivative_stop(const Network& network, const std::string& parameter);

}  // namespace shatterproof
