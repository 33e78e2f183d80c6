// SPDX-License-Identifier: Apache-2.0
#include "diagnose/overly_nonlinear.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnose/growth.h"
#include "diagnose/readings.h"
#include "shatterproof/theory/growth.h"

namespace shatterproof {
namespace {

double mean_dilution(const Draw& draw) {
  const Reading* dilution = find_reading(draw, "dilution", ReadingType::curve);
  if (!dilution) return 1;
  double sum = 0;
  for (const double value : dilution->values) sum += value;
  return sum / static_cast<double>(dilution->values.size());
}

// Relative to the differences between examples, as batch norm's growth is: what a layer multiplies the
// coefficient by where its input is normalized and the examples have not run together.
Remedy added_skips(const Examination& examination, double beta) {
  Remedy remedy{.kind = Remedy::Kind::add_skips, .value = beta};
  if (!examination.normalizes()) remedy.scheme = "batch";
  const std::optional<Nonlinearity> phi = nonlinearity_in_theory(examination);
  if (!phi) return remedy;
  const double promised = growth_with_skips(batch_norm_growth(*phi), network_depth(examination), beta);
  remedy.promise = Remedy::Promise{"nonlinearity_coefficient", promised, "dilution"};
  return remedy;
}

// The coefficient multiplies from block to block as gradients' scale does, and skips dilute both alike.
Remedy scaled_branches(const Examination& examination, const Draw& draw, double coefficient, double beta) {
  Remedy remedy{.kind = Remedy::Kind::scale_branches, .value = beta};
  // Without batch norm the coefficient is no power of a block's.
  if (!examination.normalizes_batch) return remedy;
  const auto sums = static_cast<int>(examination.structure.residual_sums.size());
  const double promised = growth_with_scaled_branches(coefficient, sums, mean_dilution(draw), beta);
  remedy.promise = Remedy::Promise{"nonlinearity_coefficient", promised, "dilution"};
  return remedy;
}

Remedy remedy(const Examination& examination, const Draw& draw, double coefficient, double beta) {
  Remedy remedy = examination.structure.residual_sums.empty()
                      ? added_skips(examination, beta)
                      : scaled_branches(examination, draw, coefficient, beta);
  if (remedy.promise) remedy.now = coefficient;
  return remedy;
}

std::optional<Finding> judge_overly_nonlinear(const Examination& examination, const Draw& draw,
                                              const Thresholds& thresholds, const Findings&) {
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
  finding.headline = fmt::format(
      "the gradients predict {:.3g} times more variation between examples than the outputs show "
      "(healthy: 1 to 5)",
      coefficient->value());
  finding.evidence.push_back(evidence_of(*coefficient));
  finding.evidence.back().healthy = watch;
  finding.evidence.back().healthy_side = "<";
  finding.why = "the function oscillates between examples, so a fit of some says little of others";
  if (examination.initial_weights)
    finding.remedies = {remedy(examination, draw, coefficient->value(), thresholds.value("remedy.beta"))};
  return finding;
}

std::string healthy_overly_nonlinear(const Examination&, const Draw& draw, const Thresholds&,
                                     const Findings&) {
  const Reading* coefficient = find_reading(draw, "nonlinearity_coefficient", ReadingType::scalar);
  if (!coefficient || !std::isfinite(coefficient->value())) return {};
  return fmt::format("nonlinearity (coefficient {:.2g})", coefficient->value());
}

}  // namespace

RuleRecord overly_nonlinear_rule() {
  return {"overly_nonlinear",
          "the function oscillates between examples",
          {"nonlinearity_coefficient", "dilution"},
          {"shattered", "white_minibatch"},
          Showing::around,
          judge_overly_nonlinear,
          healthy_overly_nonlinear};
}

}  // namespace shatterproof
