// SPDX-License-Identifier: Apache-2.0
#include "diagnose/stuck.h"

#include <fmt/format.h>

#include <algorithm>

namespace shatterproof {
namespace {

std::optional<Finding> judge_stuck(const Examination& examination, const Draw&, const Thresholds&,
                                   const Findings& found) {
  if (!examination.rehearsal || !examination.initial_weights) return {};
  const Rehearsal& rehearsal = *examination.rehearsal;
  // Sixty steps say little of a sequence whose memory has yet to be learned.
  const bool is_recurrent =
      std::any_of(examination.structure.layers.begin(), examination.structure.layers.end(),
                  [](const Layer& layer) { return layer.kind == LayerKind::recurrent; });
  if (!cannot_fit(rehearsal.verdict) || is_recurrent) return {};
  // What the readings found is the cause; without any, this is all there is to say.
  const bool is_explained = std::any_of(
      found.begin(), found.end(), [](const Finding& finding) { return finding.severity >= Severity::watch; });
  if (is_explained) return {};
  Finding finding;
  finding.severity = Severity::critical;
  finding.headline =
      fmt::format("asked to fit {}, it does not: {}", rehearsal.task.sentence, rehearsal.reason);
  finding.evidence.push_back({.name = "loss of a rehearsal over that of a constant",
                              .value = rehearsal.share(),
                              .healthy = kLearnedShare,
                              .healthy_side = "<"});
  finding.why = "a network that cannot fit one batch by heart will not learn from many";
  finding.remedies = {{.kind = Remedy::Kind::look_at,
                       .scheme =
                           "nothing that is measured explains it: look at narrow layers, at units that are "
                           "dead on most inputs, and at what the output can reach"}};
  return finding;
}

std::string healthy_stuck(const Examination& examination, const Draw&, const Thresholds&, const Findings&) {
  if (!examination.rehearsal || examination.rehearsal->verdict != RehearsalVerdict::learns) return {};
  return fmt::format("fits one batch by heart ({})", examination.rehearsal->reason);
}

}  // namespace

RuleRecord stuck_rule() {
  return {"stuck",
          "one batch cannot be fitted, and no reading says why",
          {},
          {},
          Showing::never,
          judge_stuck,
          healthy_stuck};
}

}  // namespace shatterproof
