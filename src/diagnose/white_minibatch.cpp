// SPDX-License-Identifier: Apache-2.0
#include "diagnose/white_minibatch.h"

#include <fmt/format.h>

#include "diagnose/readings.h"
#include "shatterproof/theory/noise.h"

namespace shatterproof {
namespace {

// White at the input says something of depth only when the gradients that enter the last layer are not.
bool last_gradients_agree(const Draw& draw, double agreement) {
  const Reading* curve = find_reading(draw, "gradient_correlation", ReadingType::curve);
  return curve && !curve->values.empty() && curve->values.back() > agreement;
}

std::optional<Finding> judge_white_minibatch(const Examination& examination, const Draw& draw,
                                             const Thresholds& thresholds, const Findings&) {
  const Reading* ratio = find_reading(draw, "gradient_signal_to_noise", ReadingType::scalar);
  if (!ratio ||
      static_cast<double>(examination.examples) < thresholds.value("white_minibatch.fewest_examples") ||
      !last_gradients_agree(draw, thresholds.value("white_minibatch.agreement"))) {
    return {};
  }
  const double floor = signal_to_noise_floor(examination.examples);
  const double healthy = thresholds.value("white_minibatch.floor_factor") * floor;
  if (ratio->value() >= healthy) return {};
  Finding finding;
  finding.severity = Severity::watch;
  finding.layers = LayerRange{1, static_cast<int>(examination.structure.layers.size())};
  finding.headline = fmt::format(
      "averaging {} gradients leaves signal / noise {:.2g}; completely unrelated gradients would give {:.2g}",
      examination.examples, ratio->value(), floor);
  finding.evidence.push_back(evidence_of(*ratio));
  finding.evidence.back().healthy = healthy;
  finding.evidence.back().healthy_side = ">";
  finding.evidence.back().theory = floor;
  finding.why = "averaging over the mini-batch leaves noise, so a step goes nowhere in particular";
  if (examination.initial_weights && examination.structure.residual_sums.empty()) {
    finding.remedies = {{.kind = Remedy::Kind::add_skips,
                         .scheme = examination.normalizes() ? "" : "batch",
                         .value = thresholds.value("remedy.beta")}};
  }
  return finding;
}

// The rule on shattered gradients has said it.
}  // namespace

RuleRecord white_minibatch_rule() {
  return {"white_minibatch",
          "the mean gradient of a batch is noise",
          {"gradient_signal_to_noise", "gradient_correlation"},
          {},
          Showing::around,
          judge_white_minibatch,
          nullptr};
}

}  // namespace shatterproof
