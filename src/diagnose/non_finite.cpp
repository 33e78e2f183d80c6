// SPDX-License-Identifier: Apache-2.0
#include "diagnose/non_finite.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "diagnose/gain.h"

namespace shatterproof {
namespace {

std::string text(const ValueRange& range) {
  std::string line = fmt::format("{} in [{:.3g}, {:.3g}]", range.value, range.least, range.greatest);
  if (range.not_finite > 0)
    line += fmt::format(", {} of {} numbers not finite", range.not_finite, range.numbers);
  return line;
}

// Whether layers have made it: finite numbers of a size that no data has enter a later one.
bool has_grown(const NonFinite& found) {
  constexpr double kGrown = 1e9;
  return !found.backward && found.layer > 1 &&
         std::any_of(found.inputs.begin(), found.inputs.end(), [](const ValueRange& range) {
           return range.not_finite == 0 && std::max(-range.least, range.greatest) > kGrown;
         });
}

std::optional<Finding> judge_non_finite(const Examination& examination, const Draw& draw, const Thresholds&,
                                        const Findings&) {
  if (!draw.non_finite) return {};
  const NonFinite& found = *draw.non_finite;
  Finding finding;
  finding.severity = Severity::critical;
  finding.is_certain = true;
  finding.headline =
      fmt::format("the first {} appears {} at {}{}", found.what, found.backward ? "backward" : "forward",
                  found.node, found.op.empty() ? "" : fmt::format(" ({})", found.op));
  if (found.layer > 0) finding.layers = LayerRange{found.layer, found.layer};
  finding.why = "one NaN or infinity makes every later number and every update NaN";
  std::vector<std::string> inputs;
  for (const ValueRange& range : found.inputs) inputs.push_back(text(range));
  const std::string ranges = fmt::format("{}", fmt::join(inputs, "; "));
  if (examination.initial_weights && has_grown(found))
    finding.remedies.push_back(right_variance(examination));
  finding.remedies.push_back(
      {.kind = Remedy::Kind::look_at,
       .scheme = inputs.empty() ? "look at the input" : "look at what it gets: " + ranges});
  return finding;
}

std::string healthy_non_finite(const Examination&, const Draw&, const Thresholds&, const Findings&) {
  return "all numbers finite";
}

}  // namespace

RuleRecord non_finite_rule() {
  return {"non_finite", "NaN or infinity", {}, {}, Showing::never, judge_non_finite, healthy_non_finite};
}

}  // namespace shatterproof
