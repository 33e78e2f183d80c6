// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "shatterproof/experiment/experiment.h"

namespace shatterproof {

/// Every measurement and experiment, in the order the documents list them. No other list of them exists.
std::span<const ExperimentRecord> measurements();

/// The record that `name` or `name:key=value,...` asks for. Throws std::invalid_argument "operation: ..."
/// that lists the known names when there is none, and "name: ..." on an option or value that it does not
/// take.
const ExperimentRecord& measurement_of(std::string_view text, std::string_view operation = "measure");

}  // namespace shatterproof
