// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace shatterproof {

/// One statement of a study, judged: |measured - expected| <= tolerance, of logarithms where it says so, or
/// an inequality the sentence states.
struct Claim {
  std::string study;      ///< "figure_2"
  std::string case_name;  ///< the case of it that the statement is about
  std::string sentence;   ///< what must come out: "gradient_scale_coefficient at depth 0 equals 1.46"
  double measured = 0;
  std::optional<double> measured_standard_error;
  double expected = 0;
  std::optional<double> expected_standard_error;
  double tolerance = 0;
  bool logarithmic = false;          ///< tolerance and detectable are of log(measured / expected)
  std::optional<double> detectable;  ///< of an equality: the smallest deviation that would have failed
  std::string provenance;  ///< P printed in the paper, A authors' code, D derived, M measured independently
  bool pass = false;
};

}  // namespace shatterproof
