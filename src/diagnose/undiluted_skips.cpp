// SPDX-License-Identifier: Apache-2.0
#include "diagnose/undiluted_skips.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnose/gain.h"
#include "diagnose/growth.h"
#include "diagnose/readings.h"
#include "shatterproof/core/line_fit.h"

namespace shatterproof {
namespace {

// Dilution over the sums from the input: its mean, and its power law k ~ sum^slope.
struct Dilution {
  int sums = 0;
  double mean = 0, slope = 0;
};

Dilution dilution_of(const Reading& curve) {
  Dilution found{.sums = static_cast<int>(curve.values.size())};
  std::vector<double> sums, sizes;  // by their logarithms
  for (size_t i = 0; i < curve.values.size(); ++i) {
    found.mean += curve.values[i] / found.sums;
    sums.push_back(std::log(static_cast<double>(i + 1)));
    sizes.push_back(std::log(curve.values[i]));
  }
  if (found.sums > 1) found.slope = line_fit(sums, sizes).slope;
  return found;
}

// What grows over the blocks, and what is left of it when every branch is scaled by a factor.
struct BlockGrowth {
  const char* reading = "";
  double total = 1, with_scaled_branches = 1;
  double unit = 1;  // of the reading: what it is where nothing grows
};

// The size of gradients, or their scale relative to what they are gradients of: whichever grows more.
BlockGrowth growth_over_blocks(const Examination& examination, const Draw& draw, const Dilution& dilution,
                               double factor) {
  const double gain = gain_multiple(examination, draw).value_or(1);
  const std::optional<Growth> growth = growth_of(examination, draw);
  if (!growth || gain >= growth->total) {
    return {"end_to_end_gain", gain, gain_with_scaled_branches(gain, dilution.sums, factor),
            healthy_gain(examination)};
  }
  return {"gradient_scale_coefficient", growth->total,
          growth_with_scaled_branches(growth->total, dilution.sums, dilution.mean, factor)};
}

std::optional<Finding> judge_undiluted_skips(const Examination& examination, const Draw& draw,
                                             const Thresholds& thresholds, const Findings&) {
  const Reading* curve = find_reading(draw, "dilution", ReadingType::curve);
  if (!curve) return {};
  const Dilution dilution = dilution_of(*curve);
  const double factor = 1 / std::sqrt(static_cast<double>(dilution.sums));
  const BlockGrowth growth = growth_over_blocks(examination, draw, dilution, factor);
  const double allowed = examination.initial_weights ? 1 : thresholds.value("exploding.trained_factor");
  if (dilution.sums < thresholds.value("undiluted_skips.fewest_sums") ||
      !(dilution.slope < thresholds.value("undiluted_skips.constant_slope")) ||
      !(growth.total > allowed * thresholds.value("undiluted_skips.watch_growth"))) {
    return {};
  }
  Finding finding;
  const double hurts = allowed * thresholds.value("undiluted_skips.critical_growth");
  finding.severity = growth.total > hurts ? Severity::critical : Severity::watch;
  finding.layers = LayerRange{1, static_cast<int>(examination.structure.layers.size())};
  finding.headline = fmt::format(
      "skips are {:.2g} times their branches at all {} residual sums (healthy: growing like the root of the "
      "sum's number), and gradients grow {:.3g} times",
      dilution.mean, dilution.sums, growth.total);
  finding.evidence.push_back({.name = "dilution", .value = dilution.mean});
  finding.why =
      "every block adds as much growth as the one before it, so growth is exponential in their number";
  if (examination.initial_weights) {
    Remedy remedy{.kind = Remedy::Kind::scale_branches, .value = factor};
    remedy.promise = Remedy::Promise{growth.reading, growth.with_scaled_branches * growth.unit, "dilution"};
    remedy.now = growth.total * growth.unit;
    finding.remedies = {remedy};
  }
  return finding;
}

std::string healthy_undiluted_skips(const Examination&, const Draw& draw, const Thresholds&,
                                    const Findings&) {
  const Reading* curve = find_reading(draw, "dilution", ReadingType::curve);
  if (!curve) return {};
  const auto [least, most] = std::minmax_element(curve->values.begin(), curve->values.end());
  if (!std::isfinite(*least) || !std::isfinite(*most)) return {};
  return fmt::format("skips ({:.2g} to {:.2g} times their branches)", *least, *most);
}

}  // namespace

RuleRecord undiluted_skips_rule() {
  return {"undiluted_skips",
          "skips that are no larger beside late branches than beside early ones",
          {"dilution", "end_to_end_gain", "gradient_scale_coefficient"},
          {"exploding", "overly_nonlinear", "large_outputs"},
          Showing::around,
          judge_undiluted_skips,
          healthy_undiluted_skips};
}

}  // namespace shatterproof
