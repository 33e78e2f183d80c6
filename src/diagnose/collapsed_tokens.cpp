// SPDX-License-Identifier: Apache-2.0
#include "diagnose/collapsed_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnose/readings.h"

namespace shatterproof {
namespace {

// The state that tells tokens apart best, and the last one.
struct Ends {
  const Reading* curve = nullptr;
  size_t best = 0, last = 0;

  double at(size_t place) const { return curve->values[place]; }
};

std::optional<Ends> ends_of(const Draw& draw) {
  const Reading* curve = find_reading(draw, "token_rank", ReadingType::curve);
  if (!curve || curve->values.size() < 2 || !std::isfinite(curve->values.back())) return {};
  Ends ends{.curve = curve, .best = 0, .last = curve->values.size() - 1};
  for (size_t i = 0; i < curve->values.size(); ++i) {
    if (!std::isnan(curve->values[i]) && !(curve->values[i] <= curve->values[ends.best])) ends.best = i;
  }
  return ends;
}

// Points of a ray, or frames that are pooled, are tokens that nobody averages.
bool attends(const Examination& examination) {
  const auto& composites = examination.structure.composites;
  return std::any_of(composites.begin(), composites.end(),
                     [](const Composite& composite) { return composite.role == CompositeRole::attention; });
}

// Tokens that enter alike are the data's, and a network's own latents may begin as one.
std::optional<Finding> judge_collapsed_tokens(const Examination& examination, const Draw& draw,
                                              const Thresholds& thresholds, const Findings&) {
  const std::optional<Ends> ends = ends_of(draw);
  const double least = thresholds.value("collapsed_tokens.watch_rank");
  if (!attends(examination) || !ends || !(ends->at(ends->last) < least) ||
      !(ends->at(ends->best) > thresholds.value("collapsed_tokens.began_apart")))
    return {};
  const Reading& curve = *ends->curve;
  const auto name = [&](size_t place) { return curve.x_labels.empty() ? "" : curve.x_labels[place]; };
  Finding finding;
  finding.severity = Severity::watch;
  finding.headline = fmt::format(
      "tokens become one: {:.2g} of what passes tells those of one example apart at {}, and {:.2g} at {} "
      "(healthy > {:g})",
      ends->at(ends->best), name(ends->best), ends->at(ends->last), name(ends->last), least);
  Evidence evidence{.name = "token_rank", .tap = name(ends->last), .value = ends->at(ends->last)};
  evidence.healthy = least;
  evidence.healthy_side = ">";
  finding.evidence = {evidence};
  finding.why =
      "an attention averages its tokens, and without a way around it each one halves what tells them apart "
      "and "
      "more: queries and keys of later layers see equal tokens and get no gradient";
  if (examination.structure.residual_sums.empty())
    finding.remedies = {{.kind = Remedy::Kind::add_skips, .value = 1}};
  return finding;
}

std::string healthy_collapsed_tokens(const Examination& examination, const Draw& draw,
                                     const Thresholds& thresholds, const Findings&) {
  const std::optional<Ends> ends = ends_of(draw);
  if (!attends(examination) || !ends ||
      !(ends->at(ends->last) >= thresholds.value("collapsed_tokens.watch_rank")))
    return {};
  return fmt::format("tokens stay apart (token_rank {:.2g} to {:.2g})", ends->at(ends->best),
                     ends->at(ends->last));
}

}  // namespace

RuleRecord collapsed_tokens_rule() {
  return {"collapsed_tokens",      "tokens of one example that become one and the same with depth",
          {"token_rank"},          {"stuck"},
          Showing::in_batch,       judge_collapsed_tokens,
          healthy_collapsed_tokens};
}

}  // namespace shatterproof
