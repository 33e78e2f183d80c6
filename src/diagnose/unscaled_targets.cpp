// SPDX-License-Identifier: Apache-2.0
#include "diagnose/unscaled_targets.h"

#include <fmt/format.h>

#include <cmath>

#include "diagnose/own_loss.h"

namespace shatterproof {
namespace {

std::optional<Finding> judge_unscaled_targets(const Examination& examination, const Draw&, const Thresholds&,
                                              const Findings&) {
  // A softmax or a sigmoid makes large numbers of its own of small ones.
  if (!examination.own_rehearsal || examination.outputs.loss_takes != LossInput::unknown) return {};
  const OwnRehearsal& own = *examination.own_rehearsal;
  if (!own.scaled_share || *own.scaled_share >= kLearnedShare || !lags_behind(own.rehearsal)) return {};
  Finding finding;
  finding.severity = cannot_fit(own.rehearsal.verdict) ? Severity::critical : Severity::watch;
  finding.is_certain = true;
  finding.headline =
      fmt::format("labels of mean {:.3g} and deviation {:.3g}, where outputs are of size {:.2g}",
                  own.answers_mean, own.answers_deviation, own.outputs_size);
  const bool are_outputs = own.outputs_size > std::abs(own.answers_mean) + own.answers_deviation;
  finding.why = fmt::format(
      "steps at usual rates are too {} for it: {}; with the outputs times {:.3g} plus {:.3g} {:.2g} of a "
      "constant's loss is left",
      are_outputs ? "rough" : "small", own.rehearsal.reason, own.scale(), own.answers_mean,
      *own.scaled_share);
  finding.evidence.push_back(own_share(own));
  finding.remedies = {look_at(
      are_outputs
          ? fmt::format("draw the last layer's weights {:.2g} times smaller", 1 / own.scale())
          : fmt::format("standardize the labels before training, (label - {:.3g}) / {:.3g}, and undo it "
                        "where the network is used",
                        own.answers_mean, own.answers_deviation))};
  return finding;
}

}  // namespace

RuleRecord unscaled_targets_rule() {
  return {"unscaled_targets",
          "labels and initial outputs of scales far apart",
          {},
          {"unlearned_loss"},
          Showing::never,
          judge_unscaled_targets,
          nullptr};
}

}  // namespace shatterproof
