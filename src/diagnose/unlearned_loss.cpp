// SPDX-License-Identifier: Apache-2.0
#include "diagnose/unlearned_loss.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "diagnose/own_loss.h"

namespace shatterproof {
namespace {

std::optional<Finding> judge_unlearned_loss(const Examination& examination, const Draw&, const Thresholds&,
                                            const Findings& found) {
  if (!examination.own_rehearsal || !examination.rehearsal) return {};
  const Rehearsal& own = examination.own_rehearsal->rehearsal;
  // What random labels show of the network is said elsewhere.
  if (!cannot_fit(own.verdict) || examination.rehearsal->verdict != RehearsalVerdict::learns) return {};
  static const std::set<std::string> kOfTheLoss = {"mismatched_loss", "unreachable_targets",
                                                   "unscaled_targets"};
  const bool is_explained = std::any_of(found.begin(), found.end(), [](const Finding& finding) {
    return kOfTheLoss.contains(finding.id) && finding.severity >= Severity::watch;
  });
  if (is_explained) return {};
  Finding finding;
  finding.severity = Severity::watch;
  finding.headline = fmt::format("it fits random labels, but not the loss it is given: {}", own.reason);
  finding.why =
      "one hidden layer on the same numbers lowers that loss: what keeps this network from it is in the "
      "loss, in "
      "the labels, or in how they meet the outputs";
  finding.evidence.push_back(own_share(*examination.own_rehearsal));
  finding.remedies = {look_at(
      "compare outputs and labels where the loss takes them: their order, their shapes, their size, and "
      "what is detached on the way")};
  return finding;
}

std::string healthy_unlearned_loss(const Examination& examination, const Draw&, const Thresholds&,
                                   const Findings&) {
  const auto& own = examination.own_rehearsal;
  if (!own || own->rehearsal.verdict != RehearsalVerdict::learns) return {};
  return fmt::format("learns the loss it is given ({})", own->rehearsal.reason);
}

}  // namespace

RuleRecord unlearned_loss_rule() {
  return {"unlearned_loss",
          "a network that fits random labels, and not the loss it is given",
          {},
          {},
          Showing::never,
          judge_unlearned_loss,
          healthy_unlearned_loss};
}

}  // namespace shatterproof
