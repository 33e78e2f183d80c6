// SPDX-License-Identifier: Apache-2.0
#include "diagnose/overly_nonlinear.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnose/gain.h"
#include "diagnose/growth.h"
#include "diagnose/readings.h"

namespace shatterproof {
namespace {

constexpr double kSuggestedBeta = 0.2;

double mean_dilution(const Draw& draw) {
  const Reading* dilution = find_reading(draw, "dilution", ReadingType::curve);
  if (!dilution) return 1;
  double sum = 0;
  for (const double value : dilution->values) sum += value;
  return sum / static_cast<double>(dilution->values.size());
}

// The coefficient multiplies from layer to layer as gradients' scale does, and skips dilute both alike.
std::string remedy(const Examination& examination, const Draw& draw, double coefficient) {
  const int depth = std::max(1, network_depth(examination));
  const auto sums = static_cast<int>(examination.structure.residual_sums.size());
  if (sums > 0) {
    return fmt::format(
        "scale the branches of the {} residual sums by beta {:g}: predicted coefficient {:.3g}", sums,
        kSuggestedBeta, growth_with_scaled_branches(coefficient, sums, mean_dilution(draw), kSuggestedBeta));
  }
  const double rate = std::pow(coefficient, 1.0 / depth);
  return fmt::format(
      "add a skip around every layer, with branches scaled by beta {:g}: a factor {:.3g} per layer becomes a "
      "predicted coefficient of {:.3g} over {} layers",
      kSuggestedBeta, rate, growth_with_skips(rate, depth, kSuggestedBeta), depth);
}

std::optional<Finding> judge(const Examination& examination, const Draw& draw, const Thresholds& thresholds) {
  const Reading* coefficient = find_reading(draw, "nonlinearity_coefficient", ReadingType::scalar);
  if (!coefficient || !std::isfinite(coefficient->value())) return {};
  const double allowed =
      examination.initial_weights ? 1 : thresholds.value("overly_nonlinear.trained_factor");
  const double watch = allowed * thresholds.value("overly_nonlinear.watch_coefficient");
  if (coefficient->value() <= watch) return {};
  Finding finding;
  const bool is_critical =
      coefficient->value() > allowed * thresholds.value("overly_nonlinear.critical_coefficient");
  finding.severity = is_critical ? Severity::critical : Severity::watch;
  finding.layers = LayerRange{1, static_cast<int>(examination.structure.layers.size())};
  finding.headline =
      fmt::format("outputs vary {:.3g} times less between examples than gradients promise (healthy: 1 to 5)",
                  coefficient->value());
  finding.evidence.push_back(evidence_of(*coefficient));
  finding.evidence.back().healthy = watch;
  finding.evidence.back().healthy_side = "<";
  finding.why = "the function oscillates between examples, so a fit of some says little of others";
  finding.next =
      examination.initial_weights ? remedy(examination, draw, coefficient->value()) : kJudgeArchitecture;
  return finding;
}

std::string healthy(const Examination&, const Draw& draw, const Thresholds&) {
  const Reading* coefficient = find_reading(draw, "nonlinearity_coefficient", ReadingType::scalar);
  return coefficient ? fmt::format("nonlinearity (coefficient {:.2g})", coefficient->value()) : "";
}

}  // namespace

RuleRecord overly_nonlinear_rule() {
  return {"overly_nonlinear",
          "the function oscillates between examples",
          true,
          true,
          {"nonlinearity_coefficient", "dilution"},
          judge,
          healthy};
}

}  // namespace shatterproof
