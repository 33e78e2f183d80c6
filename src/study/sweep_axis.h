// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "study/sweep_table.h"

namespace shatterproof {

/// The values of an axis, as its file has them: a list of numbers, words or truths, or a range,
/// { log = [FROM, TO], count = N } or { linear = [FROM, TO], count = N }, rounded to six digits, so that
/// every machine has the same numbers; with `whole = true` to whole ones, of which equal ones count once.
///
/// Throws std::invalid_argument naming `where` on anything else, and where two values are the same.
std::vector<AxisValue> axis_values(const toml::node& node, const std::string& name, const std::string& where);

/// One value, which a filter names or a list has.
AxisValue axis_value(const toml::node& node, const std::string& name, const std::string& where);

}  // namespace shatterproof
