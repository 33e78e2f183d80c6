// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace shatterproof::cli {

/// The catalog of measurements, one JSON object each: what `list measurements` prints and a report quotes.
std::vector<nlohmann::ordered_json> measurement_rows();

/// The same as JSON Lines.
std::string measurement_lines();

}  // namespace shatterproof::cli
