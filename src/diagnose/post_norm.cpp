// SPDX-License-Identifier: Apache-2.0
#include "diagnose/post_norm.h"

#include <fmt/format.h>

namespace shatterproof {
namespace {

// Healthy by every reading of the first instant, and yet it learns at no usual rate, or at one of them only:
// the first steps throw the blocks near the output off.
std::optional<Finding> judge_post_norm(const Examination& examination, const Draw&,
                                       const Thresholds& thresholds, const Findings&) {
  const int sums = examination.post_norm_sums;
  if (!examination.rehearsal || !examination.initial_weights ||
      sums < thresholds.value("post_norm.fewest_sums"))
    return {};
  const Rehearsal& rehearsal = *examination.rehearsal;
  const bool is_fragile = rehearsal.verdict == RehearsalVerdict::fragile;
  if (!is_failure(rehearsal.verdict) && !is_fragile) return {};
  Finding finding;
  finding.severity = is_fragile ? Severity::watch : Severity::critical;
  finding.layers = LayerRange{1, static_cast<int>(examination.structure.layers.size())};
  finding.headline = fmt::format(
      "the state is normalized behind {} residual sums (post-norm): no skip leads past a norm, and the first "
      "steps of training are unstable",
      sums);
  finding.evidence.push_back({.name = "residual sums behind which the state is normalized",
                              .value = static_cast<double>(sums),
                              .healthy = thresholds.value("post_norm.fewest_sums"),
                              .healthy_side = "<"});
  finding.why =
      "gradients of the last blocks are large when training starts, so only a long warm-up at small rates "
      "trains it (Xiong et al. 2020)";
  if (is_fragile)
    finding.why +=
        fmt::format("; it fits one batch at one rate only, {:g}, and nothing of it at the next larger one",
                    rehearsal.rate);
  finding.remedies = {{.kind = Remedy::Kind::move_norm}};
  return finding;
}

}  // namespace

RuleRecord post_norm_rule() {
  return {"post_norm",
          "norms behind every residual sum, in a network that does not learn, or hardly",
          {},
          {"stuck"},
          Showing::never,
          judge_post_norm,
          nullptr};
}

}  // namespace shatterproof
