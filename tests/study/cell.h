// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <string>

#include "shatterproof/core/named_values.h"

namespace shatterproof {

/// Networks per cell: 20, or what $SHATTERPROOF_SEEDS says, as the full run of a study takes more.
inline int64_t study_seeds() {
  const char* text = std::getenv("SHATTERPROOF_SEEDS");
  return text ? std::max<int64_t>(2, parse_whole_number(text).value_or(20)) : 20;
}

/// A published or independently measured mean over `seeds` networks, given to `digit`.
struct Expected {
  double value;
  double seeds;
  double digit = .001;
};

/// Prints measured beside expected and fails beyond 4 standard errors of both, the expected one's taken from
/// the same spread over networks.
inline void expect_cell(const std::string& name, double measured, double standard_error, int64_t seeds,
                        const Expected& expected) {
  const double expected_error = standard_error * std::sqrt(static_cast<double>(seeds) / expected.seeds);
  const double tolerance = 4 * std::hypot(standard_error, expected_error) + expected.digit / 2;
  const bool within = std::abs(measured - expected.value) <= tolerance;
  std::cout << fmt::format("{:<58} measured {:8.4f}  expected {:8.4f}  tolerance {:.4f}  {}\n", name,
                           measured, expected.value, tolerance, within ? "within" : "OUTSIDE");
  EXPECT_NEAR(measured, expected.value, tolerance) << name;
}

}  // namespace shatterproof
