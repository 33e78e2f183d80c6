// SPDX-License-Identifier: Apache-2.0
#include "diagnose/shattered.h"

#include <fmt/format.h>

#include <algorithm>

#include "diagnose/readings.h"
#include "shatterproof/theory/feedforward.h"
#include "shatterproof/theory/residual.h"
#include "shatterproof/theory/typical_pair.h"

namespace shatterproof {
namespace {

std::string percent(double part) {
  return fmt::format("{:.3g} %", 100 * part);
}

std::string way(const Reading& length) {
  return (length.bound == "<" ? "less than " : "") + percent(length.value());
}

// R of the network's residual blocks with other branches, batch norm on each.
double correlation_of_blocks(const Examination& examination, double beta) {
  const auto blocks = static_cast<int64_t>(examination.structure.residual_sums.size());
  const int64_t rectifiers = std::max<int64_t>(1, network_depth(examination) / blocks);
  if (rectifiers == 1) return residual_gradient_correlation(static_cast<int>(blocks), beta);
  RectifierStack stack;
  stack.blocks.assign(static_cast<size_t>(blocks), {1, beta, rectifiers});
  stack.norm = RectifierStack::Norm::batch;
  return typical_pair(stack).front().correlation;
}

// R with a skip from each rectifier to the next one. Around the last one none leads: it halves what the
// blocks leave, as any layer without a skip does.
double correlation_with_skips(const Examination& examination, double beta) {
  return residual_gradient_correlation(network_depth(examination) - 1, beta) *
         feedforward_gradient_correlation(1);
}

std::optional<double> predicted_correlation(const Examination& examination, double beta) {
  if (!examination.structure.residual_sums.empty()) return correlation_of_blocks(examination, beta);
  // Theory is of rectifiers.
  if (examination.activation != "relu" || network_depth(examination) < 2) return {};
  return correlation_with_skips(examination, beta);
}

std::vector<Remedy> remedies_shattered(const Examination& examination, const Draw& draw, double beta) {
  const bool has_skips = !examination.structure.residual_sums.empty();
  Remedy first{.kind = has_skips ? Remedy::Kind::scale_branches : Remedy::Kind::add_skips,
               .scheme = examination.normalizes() ? "" : "batch",
               .value = beta};
  if (const auto predicted = predicted_correlation(examination, beta)) {
    first.promise = Remedy::Promise{"gradient_correlation", *predicted, "residual"};
    // A correlation of less than 1/B is the noise of its own estimate.
    const Reading* correlation = find_reading(draw, "gradient_correlation", ReadingType::scalar);
    const double noise = 1 / std::max(1.0, static_cast<double>(examination.examples));
    if (correlation) first.now = std::max(noise, correlation->value());
  }
  std::vector<Remedy> steps = {first};
  if (!has_skips && examination.activation == "relu" && !examination.initializer.starts_with("looks_linear"))
    steps.push_back({.kind = Remedy::Kind::redraw, .scheme = "looks_linear"});
  return steps;
}

std::optional<Finding> judge_shattered(const Examination& examination, const Draw& draw,
                                       const Thresholds& thresholds, const Findings&) {
  const Reading* length = find_reading(draw, "correlation_length", ReadingType::scalar);
  if (!length || length->bound == ">") return {};
  const double watch = thresholds.value("shattered.watch_length");
  if (length->value() >= watch) return {};
  Finding finding;
  const auto& twin = examination.shallow_twin;
  const bool twin_is_healthy = !twin || !twin->is_defined() || twin->bound == ">" ||
                               twin->value() > thresholds.value("shattered.healthy_twin_length");
  const bool is_critical = length->value() < thresholds.value("shattered.critical_length") && twin_is_healthy;
  finding.severity = is_critical && examination.initial_weights ? Severity::critical : Severity::watch;
  finding.layers = LayerRange{1, static_cast<int>(examination.structure.layers.size())};
  finding.headline =
      fmt::format("the gradient forgets within {} of the way between two examples (healthy: > {})",
                  way(*length), percent(watch));
  finding.evidence.push_back(evidence_of(*length));
  finding.evidence.back().healthy = watch;
  finding.evidence.back().healthy_side = ">";
  if (twin && twin->is_defined()) {
    finding.evidence.push_back(evidence_of(*twin));
    finding.evidence.back().name = "correlation_length of one layer of the same width";
  }
  if (const Reading* correlation = find_reading(draw, "gradient_correlation", ReadingType::scalar)) {
    finding.evidence.push_back(evidence_of(*correlation));
    if (examination.initial_weights && examination.normalizes_batch &&
        examination.structure.residual_sums.empty()) {
      finding.evidence.back().theory = feedforward_gradient_correlation(network_depth(examination));
    }
  }
  finding.why =
      examination.initial_weights
          ? "neighbouring examples ask for unrelated updates, so averaging over a mini-batch cancels them"
          : "after training the gradient varies over much shorter distances than those between examples: "
            "further training at a large step size sees noise";
  if (examination.initial_weights)
    finding.remedies = remedies_shattered(examination, draw, thresholds.value("remedy.beta"));
  return finding;
}

std::string healthy_shattered(const Examination&, const Draw& draw, const Thresholds& thresholds,
                              const Findings&) {
  const Reading* length = find_reading(draw, "correlation_length", ReadingType::scalar);
  if (!length || (length->bound != ">" && length->value() < thresholds.value("shattered.watch_length")))
    return {};
  return fmt::format("gradients of neighbours agree ({}{} of the way, healthy > {})",
                     length->bound == ">" ? "> " : "", percent(length->value()),
                     percent(thresholds.value("shattered.watch_length")));
}

}  // namespace

RuleRecord shattered_rule() {
  return {"shattered",
          "gradients of neighbouring examples have nothing in common",
          {"correlation_length", "gradient_correlation"},
          {"white_minibatch"},
          Showing::around,
          judge_shattered,
          healthy_shattered};
}

}  // namespace shatterproof
