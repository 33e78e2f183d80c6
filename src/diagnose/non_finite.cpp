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
  finding.next = fmt::format("look at this node; {}", draw.non_finite->inputs);
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
