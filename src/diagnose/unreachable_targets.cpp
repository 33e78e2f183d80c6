// SPDX-License-Identifier: Apache-2.0
#include "diagnose/unreachable_targets.h"

#include <fmt/format.h>

#include "diagnose/own_loss.h"

namespace shatterproof {
namespace {

std::optional<Finding> judge_unreachable_targets(const Examination& examination, const Draw&,
                                                 const Thresholds& thresholds, const Findings&) {
  if (!examination.own_rehearsal) return {};
  const OwnRehearsal& own = *examination.own_rehearsal;
  const double lost = own.beyond_reach();
  if (lost < thresholds.value("unreachable_targets.watch_share")) return {};
  Finding finding;
  const bool is_most = lost >= thresholds.value("unreachable_targets.critical_share");
  finding.severity = is_most ? Severity::critical : Severity::watch;
  finding.is_certain = true;
  const OutputFacts& outputs = examination.outputs;
  const std::string last = outputs.last.empty() ? "what makes the outputs" : outputs.last;
  const std::string op = outputs.last.empty() ? "" : fmt::format(" ({})", outputs.last_op);
  finding.headline = fmt::format("the labels lie beyond what {}{} can give", last, op);
  finding.why = fmt::format(
      "whatever is learned, the loss stays above {:.3g}; {:.3g} is least "
      "without that bound, {:.3g} with one prediction for all",
      *own.reachable_loss, *own.least_loss, *own.constant_loss);
  finding.evidence.push_back({.name = "part of a constant's loss that stays whatever is learned",
                              .value = lost,
                              .healthy = thresholds.value("unreachable_targets.watch_share"),
                              .healthy_side = "<"});
  finding.remedies = {
      look_at(fmt::format("leave {} out, or bring the labels into its range before training", last))};
  return finding;
}

std::string healthy_unreachable_targets(const Examination& examination, const Draw&, const Thresholds&,
                                        const Findings&) {
  const auto& own = examination.own_rehearsal;
  if (own) return own->reachable_loss ? "the labels are within the outputs' reach" : "";
  // Without labels only their range can be said.
  const OutputFacts& outputs = examination.outputs;
  if (outputs.last.empty() || outputs.are_cosines) return {};
  const auto from = [&](const std::string& range) {
    return fmt::format("outputs {}, which {} makes so: labels must be there, too", range, outputs.last);
  };
  if (outputs.least && outputs.most)
    return from(fmt::format("from {:.3g} to {:.3g}", *outputs.least, *outputs.most));
  if (outputs.least) return from(fmt::format("from {:.3g} on", *outputs.least));
  return outputs.most ? from(fmt::format("up to {:.3g}", *outputs.most)) : "";
}

}  // namespace

RuleRecord unreachable_targets_rule() {
  return {
      "unreachable_targets",     "labels that the outputs cannot be", {}, {"unlearned_loss"}, Showing::never,
      judge_unreachable_targets, healthy_unreachable_targets};
}

}  // namespace shatterproof
