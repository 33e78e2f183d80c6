// SPDX-License-Identifier: Apache-2.0
#include "diagnose/unreachable_targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnose/own_loss.h"

namespace shatterproof {
namespace {

// The probabilities that what enters the last sigmoid or softmax leaves, when it is bounded.
struct Probabilities {
  double least, most;
};
std::optional<Probabilities> probabilities_of(const OutputFacts& outputs) {
  if (outputs.are_cosines || outputs.last.empty()) return {};
  if (outputs.last_op == "Sigmoid") return Probabilities{outputs.least.value_or(0), outputs.most.value_or(1)};
  if (outputs.last_op != "Softmax" || outputs.classes < 2 || !outputs.least || !outputs.most) return {};
  // Its logits' bounds: one class at the upper one, all others at the lower one.
  const double others = static_cast<double>(outputs.classes - 1);
  return Probabilities{0, 1 / (1 + others * std::exp(*outputs.least - *outputs.most))};
}

// Where no labels are known: no probability is far from both 0 and 1 on purpose.
std::optional<Finding> bounded_twice(const Examination& examination, double enough) {
  const OutputFacts& outputs = examination.outputs;
  const auto reach = probabilities_of(outputs);
  if (!reach || !examination.initial_weights || outputs.loss_takes != LossInput::unknown) return {};
  if (reach->least <= 1 - enough && reach->most >= enough) return {};
  Finding finding;
  finding.severity = Severity::watch;
  finding.is_certain = true;
  const bool is_softmax = outputs.last_op == "Softmax";
  finding.headline =
      is_softmax ? fmt::format("no class gets more than {:.3g}: what enters the softmax {} is bounded",
                               reach->most, outputs.last)
                 : fmt::format("outputs lie between {:.3g} and {:.3g}: what enters the sigmoid {} is bounded",
                               reach->least, reach->most, outputs.last);
  const double of_ones = -std::log(reach->most), of_zeros = -std::log1p(-reach->least);
  finding.why = is_softmax
                    ? fmt::format("the cross entropy stays above {:.3g} with every answer right", of_ones)
                    : fmt::format(
                          "the cross entropy of what is 1 stays above {:.3g}, of what is 0 above "
                          "{:.3g}",
                          of_ones, of_zeros);
  finding.evidence.push_back({.name = "largest probability of a right answer",
                              .value = std::min(reach->most, 1 - reach->least),
                              .healthy = enough,
                              .healthy_side = ">"});
  finding.remedies = {look_at(fmt::format(
      "leave out the nonlinearity in front of {}: what enters it has to be any number", outputs.last))};
  return finding;
}

std::optional<Finding> judge_unreachable_targets(const Examination& examination, const Draw&,
                                                 const Thresholds& thresholds, const Findings&) {
  if (!examination.own_rehearsal)
    return bounded_twice(examination, thresholds.value("unreachable_targets.least_probability"));
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
