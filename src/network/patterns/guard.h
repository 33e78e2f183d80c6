// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "network/patterns/region.h"

namespace shatterproof {

/// Whether the node is a Max or Clip with a small lower bound and no upper one whose numbers nothing reads
/// but what divides by them or takes their root or logarithm, rearranged or multiplied with others or not:
/// the epsilon of x / max(|x|, 1e-8). It keeps numbers from 0 and bends nothing.
bool is_guard(const PatternGraph& graph, size_t node);

}  // namespace shatterproof
