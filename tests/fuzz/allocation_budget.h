// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace shatterproof {

/// Counts the bytes that this program holds through operator new and LibTorch's CPU allocator. From the first
/// call on, aborts where they come to more than `bytes` above what is held now.
void set_allocation_budget(int64_t bytes);

/// The most held since then, above what was held then.
int64_t most_allocated();

}  // namespace shatterproof
