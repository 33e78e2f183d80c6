// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace shatterproof {

inline constexpr int64_t kMostExamples = int64_t{1} << 24;
/// Numbers in one batch that is generated, or read at once.
inline constexpr int64_t kMostNumbers = int64_t{1} << 31;

}  // namespace shatterproof
