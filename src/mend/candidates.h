// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "shatterproof/mend/mend.h"

namespace shatterproof {

/// What may be tried, each once: what findings suggest, in the order of causes, then every form of the
/// catalog, small ones first. Throws std::invalid_argument as `mend` does.
/// `draws`: whether weights may be drawn anew.
std::vector<Remedy> candidates(const Checked& before, const MendOptions& options, bool draws);

/// Whether they are the same change, whatever is promised of them.
bool same_change(const Remedy& a, const Remedy& b);

/// Whether one of them is of that kind.
bool has_kind(const std::vector<Remedy>& changes, Remedy::Kind kind);

/// How much of a network they change, taken together.
int reach_of(const std::vector<Remedy>& changes);

}  // namespace shatterproof
