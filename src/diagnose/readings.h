// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "shatterproof/diagnose/rule.h"

namespace shatterproof {

/// The defined reading of that name and type in a draw, or nullptr.
const Reading* find_reading(const Draw& draw, const std::string& name, ReadingType type);

/// Evidence that a scalar reading gives.
Evidence evidence_of(const Reading& reading);

/// Evidence that a curve gives at one of its places, whose name is its label.
Evidence evidence_at(const Reading& curve, size_t place, double healthy, const char* healthy_side);

/// Whether what a curve over nonlinearities tells there is of one with no layer behind it.
bool is_at_outputs(const Examination& examination, const Reading& curve, size_t place);

/// The names of `labels` at `places`, at most three and a count of the rest.
std::string some_of(const std::vector<std::string>& labels, const std::vector<size_t>& places);

/// The length of the network: its rectifier layers, or its linear ones.
int network_depth(const Examination& examination);

}  // namespace shatterproof
