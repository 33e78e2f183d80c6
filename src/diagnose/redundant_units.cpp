// SPDX-License-Identifier: Apache-2.0
#include "diagnose/redundant_units.h"

#include <fmt/format.h>

#include <algorithm>

#include "diagnose/readings.h"

namespace shatterproof {
namespace {

// Units of a sigmoid or a sine are not switched by the sign of what enters them.
bool switches(const Examination& examination, const Reading& redundant, size_t at) {
  return at >= redundant.x_labels.size() || !examination.without_sides.contains(redundant.x_labels[at]);
}

std::optional<Finding> judge_redundant_units(const Examination& examination, const Draw& draw,
                                             const Thresholds& thresholds, const Findings&) {
  const Reading* redundant = find_reading(draw, "bimodality", ReadingType::curve);
  if (!redundant) return {};
  const double watch = thresholds.value("redundant_units.watch_fraction");
  std::vector<size_t> places;
  for (size_t i = 0; i < redundant->values.size(); ++i) {
    if (redundant->values[i] > watch && switches(examination, *redundant, i) &&
        !is_at_outputs(examination, *redundant, i))
      places.push_back(i);
  }
  if (places.empty()) return {};
  const size_t at = *std::max_element(places.begin(), places.end(), [&](size_t a, size_t b) {
    return redundant->values[a] < redundant->values[b];
  });
  const double worst = redundant->values[at];
  Finding finding;
  const bool is_critical =
      examination.initial_weights && worst > thresholds.value("redundant_units.critical_fraction");
  finding.severity = is_critical ? Severity::critical : Severity::watch;
  finding.headline = fmt::format(
      "{:.0f} % of units are always on or always off at {} (healthy: < {:.0f} %), above that in {} "
      "of {} layers",
      100 * worst, some_of(redundant->x_labels, {at}), 100 * watch, places.size(), redundant->values.size());
  finding.evidence.push_back(evidence_at(*redundant, at, watch, "<"));
  finding.why =
      "a unit that never switches is linear or dead: the layer is narrower and less nonlinear than it looks";
  if (examination.initial_weights && !examination.normalizes_batch)
    finding.remedies = {{.kind = Remedy::Kind::add_norm, .scheme = "batch"}};
  return finding;
}

std::string healthy_redundant_units(const Examination&, const Draw& draw, const Thresholds&,
                                    const Findings&) {
  const Reading* active = find_reading(draw, "activation_fraction", ReadingType::curve);
  if (!active) return {};
  const auto [least, most] = std::minmax_element(active->values.begin(), active->values.end());
  if (!(*least > 0 && *most < 1)) return {};
  return fmt::format("activations ({:.0f} to {:.0f} % of inputs)", 100 * *least, 100 * *most);
}

}  // namespace

RuleRecord redundant_units_rule() {
  return {"redundant_units",
          "rectifiers that never switch",
          {"bimodality", "activation_fraction"},
          {},
          Showing::in_batch,
          judge_redundant_units,
          healthy_redundant_units};
}

}  // namespace shatterproof
