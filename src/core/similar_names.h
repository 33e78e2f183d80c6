// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace shatterproof {

/// Letters to insert, delete or replace on the way from one word to the other. O(a.size() b.size()).
size_t edit_distance(std::string_view a, std::string_view b);

/// Up to three of `known` that `got` may have meant, nearest first: those it begins or is part of, and those
/// a few letters away.
std::vector<std::string> nearest_names(std::string_view got, const std::vector<std::string>& known);

}  // namespace shatterproof
