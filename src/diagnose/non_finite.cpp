// SPDX-License-Identifier: Apache-2.0
#include "diagnose/non_finite.h"

#include <fmt/format.h>

namespace shatterproof {
namespace {

std::optional<Finding> judge(const Examination&, const Draw& draw, const Thresholds&) {
  if (!draw.non_finite) return {};
  Finding finding;
  finding.severity = Severity::critical;
  finding.headline = fmt::format("the first number that is not finite appears {} at {}",
                                 draw.non_finite->direction, draw.non_finite->node);
  finding.why = "one NaN or infinity makes every later number and every update NaN";
  std::vector<std::string> inputs;
  for (const ValueRange& range : found.inputs) {
    inputs.push_back(fmt::format(
        "{} in [{:.3g}, {:.3g}]{}", range.value, range.least, range.greatest,
        range.not_finite ? fmt::format(" with {} of {} numbers not finite", range.not_finite, range.numbers)
                         : ""));
  }
  finding.next = fmt::format("look at what this node gets: {}",
                             inputs.empty() ? "nothing" : fmt::format("{}", fmt::join(inputs, "; ")));
  return finding;
}

std::string healthy(const Examination&, const Draw&, const Thresholds&) {
  return "all numbers finite";
}

}  // namespace

RuleRecord non_finite_rule() {
  return {"non_finite", "NaN or infinity", true, true, {}, judge, healthy};
}

}  // namespace shatterproof
