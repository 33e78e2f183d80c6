// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

namespace shatterproof {

/// |arg - expected| <= relative * |expected|; NaN is near NaN, an infinity near itself, 0 near 0 alone.
MATCHER_P2(IsNear, expected, relative, "") {
  const auto want = static_cast<double>(expected), got = static_cast<double>(arg);
  if (std::isnan(want) || std::isinf(want)) return std::isnan(want) ? std::isnan(got) : got == want;
  *result_listener << "off by " << std::abs(got - want) / std::abs(want) << " of it";
  return std::abs(got - want) <= relative * std::abs(want);
}

}  // namespace shatterproof
