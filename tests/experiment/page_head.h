// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "shatterproof/experiment/experiment.h"

namespace shatterproof {

/// The part of a measurement's page that repeats its record.
std::string page_head(const ExperimentRecord& record);

/// Writes the head anew, keeping what follows it.
void write_page_head(const ExperimentRecord& record, const std::string& path);

}  // namespace shatterproof
