// SPDX-License-Identifier: Apache-2.0
#include "diagnose/saturated.h"

#include <fmt/format.h>

#include <algorithm>

#include "diagnose/gain.h"
#include "diagnose/readings.h"

namespace shatterproof {
namespace {

std::optional<Finding> judge_saturated(const Examination& examination, const Draw& draw,
                                       const Thresholds& thresholds, const Findings&) {
  const Reading* saturation = find_reading(draw, "saturation", ReadingType::curve);
  if (!saturation) return {};
  const double watch = thresholds.value("saturated.watch_share");
  std::vector<size_t> places;
  for (size_t i = 0; i < saturation->values.size(); ++i) {
    if (saturation->values[i] > watch) places.push_back(i);
  }
  if (places.empty()) return {};
  const auto worst = std::max_element(saturation->values.begin(), saturation->values.end());
  const auto at = static_cast<size_t>(worst - saturation->values.begin());
  Finding finding;
  finding.severity =
      *worst > thresholds.value("saturated.critical_share") ? Severity::critical : Severity::watch;
  finding.headline = fmt::format(
      "{:.0f} % of the outputs of {} stand at their bounds, above {:.0f} % in {} of {} "
      "layers of bounded units",
      100 * *worst, some_of(saturation->x_labels, {at}), 100 * watch, places.size(),
      saturation->values.size());
  finding.evidence.push_back({.name = saturation->name,
                              .tap = at < saturation->x_labels.size() ? saturation->x_labels[at] : "",
                              .value = *worst,
                              .healthy = watch,
                              .healthy_side = "<"});
  finding.why = "a unit at its bound passes almost no gradient to what is in front of it";
  if (examination.initial_weights) {
    finding.remedies.push_back({.kind = Remedy::Kind::redraw, .scheme = "lecun"});
    if (!examination.normalizes())
      finding.remedies.push_back({.kind = Remedy::Kind::add_norm, .scheme = "batch"});
  }
  return finding;
}

std::string healthy_saturated(const Examination&, const Draw& draw, const Thresholds& thresholds,
                              const Findings&) {
  const Reading* saturation = find_reading(draw, "saturation", ReadingType::curve);
  if (!saturation) return {};
  const double most = *std::max_element(saturation->values.begin(), saturation->values.end());
  if (!(most <= thresholds.value("saturated.watch_share"))) return {};
  return fmt::format("bounded units (at most {:.0f} % at their bounds)", 100 * most);
}

}  // namespace

RuleRecord saturated_rule() {
  return {"saturated",
          "bounded units that stand at their bounds",
          {"saturation"},
          {"dead_layer", "vanishing", "large_outputs", "collapsed_domain", "overly_nonlinear", "shattered",
           "white_minibatch", "stuck"},
          Showing::never,
          judge_saturated,
          healthy_saturated};
}

}  // namespace shatterproof
