// SPDX-License-Identifier: Apache-2.0
#include "diagnose/heavy_dropout.h"

#include <fmt/format.h>

namespace shatterproof {
namespace {

std::optional<Finding> judge_heavy_dropout(const Examination& examination, const Draw&, const Thresholds&,
                                           const Findings&) {
  const std::optional<WithoutDropout>& without = examination.without_dropout;
  if (!without || !examination.rehearsal) return {};
  const Rehearsal& made = *examination.rehearsal;
  if (made.verdict == RehearsalVerdict::learns || made.verdict == RehearsalVerdict::unjudged) return {};
  constexpr double kPercent = 100;
  Finding finding;
  finding.severity = is_failure(made.verdict) ? Severity::critical : Severity::watch;
  finding.headline = fmt::format("the dropout {} drops {:.3g} % of its numbers in every step of training",
                                 without->heaviest.name, kPercent * without->heaviest.ratio);
  finding.evidence = {{.name = "part of the numbers that a dropout drops",
                       .value = without->heaviest.ratio,
                       .healthy = kUsualDropout,
                       .healthy_side = "<"},
                      {.name = "loss without dropout over that of a constant",
                       .value = without->rehearsal.share(),
                       .healthy = kLearnedShare,
                       .healthy_side = "<"}};
  finding.why = fmt::format(
      "what is left changes from step to step more than with the input: {}; without dropout the network "
      "learns: {}",
      made.reason, without->rehearsal.reason);
  if (without->of_plane && !is_failure(made.verdict))
    finding.why += "; what a plane through the inputs tells it begins to learn: " + without->of_plane->reason;
  finding.remedies = {
      look_at(fmt::format("the ratio is the share that is dropped, not the one that is kept: {:g} at most, "
                          "{:g} if {:g} were meant "
                          "to stay",
                          kUsualDropout, 1 - without->heaviest.ratio, without->heaviest.ratio))};
  return finding;
}

}  // namespace

RuleRecord heavy_dropout_rule() {
  return {"heavy_dropout",
          "a dropout that drops so much that nothing is learned through it",
          {},
          {"stuck"},
          Showing::never,
          judge_heavy_dropout,
          nullptr};
}

}  // namespace shatterproof
