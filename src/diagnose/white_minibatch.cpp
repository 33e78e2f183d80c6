// SPDX-License-Identifier: Apache-2.0
#include "diagnose/white_minibatch.h"

#include <fmt/format.h>

#include "diagnose/readings.h"
#include "shatterproof/theory/noise.h"

namespace shatterproof {
namespace {

constexpr int64_t kFewestExamples = 16;  // with fewer the floor is as high as healthy readings are

// White at the input says something of depth only when the gradients that enter the last layer are not.
bool last_gradients_agree(const Draw& draw) {
  const Reading* curve = find_reading(draw, "gradient_correlation", ReadingType::curve);
  constexpr double kAgree = .5;
  return curve && !curve->values.empty() && curve->values.back() > kAgree;
}

// A correlation of less than 1/B is the noise of its own estimate.
std::string remedy(const Examination& examination, const Draw& draw) {
  const Reading* correlation = find_reading(draw, "gradient_correlation", ReadingType::scalar);
  const std::string skips =
      "first make gradients agree: skip connections with batch norm and beta in [0.1, 0.3]";
  if (!correlation || !(correlation->value() * static_cast<double>(examination.examples) > 1)) {
    return "a larger batch does not help, its mean is noise too; " + skips;
  }
  return fmt::format("a larger batch hardly helps: signal and noise would meet at about {:.2g} examples; {}",
                     1 / correlation->value(), skips);
}

std::optional<Finding> judge(const Examination& examination, const Draw& draw, const Thresholds& thresholds) {
  const Reading* ratio = find_reading(draw, "gradient_signal_to_noise", ReadingType::scalar);
  if (!ratio || examination.examples < kFewestExamples || !last_gradients_agree(draw)) return {};
  const double floor = signal_to_noise_floor(examination.examples);
  const double healthy = thresholds.value("white_minibatch.floor_factor") * floor;
  if (ratio->value() >= healthy) return {};
  Finding finding;
  finding.severity = Severity::watch;
  finding.layers = LayerRange{1, static_cast<int>(examination.structure.layers.size())};
  finding.headline = fmt::format(
      "the mean gradient of {} examples is {:.2g} of their spread: unrelated gradients would leave {:.2g}",
      examination.examples, ratio->value(), floor);
  finding.evidence.push_back(evidence_of(*ratio));
  finding.evidence.back().healthy = healthy;
  finding.evidence.back().healthy_side = ">";
  finding.evidence.back().theory = floor;
  finding.why = "averaging over the mini-batch leaves noise, so a step goes nowhere in particular";
  finding.next = remedy(examination, draw);
  return finding;
}

// The rule on shattered gradients has said it.
std::string silent(const Examination&, const Draw&, const Thresholds&) {
  return {};
}

}  // namespace

RuleRecord white_minibatch_rule() {
  return {"white_minibatch",
          "the mean gradient of a batch is noise",
          true,
          true,
          {"gradient_signal_to_noise", "gradient_correlation"},
          judge,
          silent};
}

}  // namespace shatterproof
