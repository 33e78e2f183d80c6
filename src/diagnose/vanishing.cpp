// SPDX-License-Identifier: Apache-2.0
#include "diagnose/vanishing.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "diagnose/gain.h"
#include "diagnose/growth.h"
#include "diagnose/norm_gains.h"
#include "shatterproof/theory/growth.h"
#include "shatterproof/theory/nonlinearity.h"

namespace shatterproof {
namespace {

// Weights of another scale change nothing of the coefficient: it is the nonlinearity that saturates.
Remedy other_nonlinearity(const Growth& growth) {
  Remedy remedy{.kind = Remedy::Kind::replace_nonlinearity, .scheme = "relu"};
  remedy.promise =
      Remedy::Promise{"gradient_scale_coefficient",
                      std::pow(layer_growth(nonlinearity_of("relu")), growth.layers), "layer_growth"};
  remedy.now = growth.total;
  return remedy;
}

Remedy norm(const Examination& examination) {
  const bool is_sequence = examination.normalizes_layer;
  return {.kind = Remedy::Kind::add_norm, .scheme = is_sequence ? "layer" : "batch"};
}

std::vector<Remedy> steps_without_skips(const Examination& examination, std::optional<double> multiple) {
  if (!have_right_variance(examination)) return {right_variance(examination), norm(examination)};
  // Strides, padding by zeros and layers that get narrower lose some of what the right scale keeps.
  if (multiple) return {{.kind = Remedy::Kind::scale_layer, .value = 1 / *multiple}, norm(examination)};
  return {norm(examination)};
}

std::vector<Remedy> remedies_vanishing(const Examination& examination, std::optional<double> multiple,
                                       const std::optional<Growth>& growth, bool by_growth, double beta) {
  if (examination.post_norm_sums > 0) return {{.kind = Remedy::Kind::move_norm}};
  if (by_growth && !keeps_relative_changes(examination.activation)) {
    std::vector<Remedy> steps = {other_nonlinearity(*growth)};
    if (!examination.normalizes()) steps.push_back(norm(examination));
    return steps;
  }
  if (examination.normalizes()) return {};
  const bool has_skips = !examination.structure.residual_sums.empty();
  // Where neither the scale nor norms are enough.
  const Remedy skips{.kind = Remedy::Kind::add_skips, .scheme = norm(examination).scheme, .value = beta};
  std::vector<Remedy> steps = steps_without_skips(examination, multiple);
  if (!has_skips) steps.push_back(skips);
  if (examination.activation == "relu") steps.push_back(learned_slopes());
  return steps;
}

std::optional<Finding> judge_vanishing(const Examination& examination, const Draw& draw,
                                       const Thresholds& thresholds, const Findings&) {
  const std::optional<double> multiple = gain_multiple(examination, draw);
  const std::optional<Growth> growth = growth_of(examination, draw);
  const double watch = thresholds.value("vanishing.watch_gain");
  const double critical = thresholds.value("vanishing.critical_gain");
  // What the last layer alone makes small is the size of the outputs.
  const std::optional<double> along = gain_along_depth(draw);
  // How a recurrent network forgets is a question of time, not of depth.
  const bool is_recurrent =
      std::any_of(examination.structure.layers.begin(), examination.structure.layers.end(),
                  [](const Layer& layer) { return layer.kind == LayerKind::recurrent; });
  const bool falls = !is_recurrent && (!along || *along < thresholds.value("vanishing.along_depth"));
  // Inputs that hardly vary are no matter of depth.
  const std::optional<double> own = own_gain_multiple(examination, draw);
  const bool by_gain = multiple && *multiple > 0 && *multiple < watch && *own < watch && falls;
  const bool by_growth = growth && growth->total > 0 && growth->total < watch;
  if (!spans_layers(examination) || (!by_gain && !by_growth)) return {};
  Finding finding;
  const bool is_critical = (by_gain && *multiple < critical) || (by_growth && growth->total < critical);
  finding.severity = is_critical ? Severity::critical : Severity::watch;
  finding.layers = LayerRange{1, static_cast<int>(examination.structure.layers.size())};
  std::vector<std::string> symptoms;
  if (by_gain) {
    symptoms.push_back(gain_sentence(examination, *multiple));
    finding.evidence.push_back(gain_evidence(examination, draw, ">"));
  }
  if (by_growth) {
    symptoms.push_back(fmt::format(
        "changing what the first layer gives by 1 % changes the output by {:.2g} %{}", growth->total,
        growth->rate < 1 ? fmt::format(" (a factor {:.3g} per layer)", growth->rate) : ""));
    finding.evidence.push_back({.name = "gradient_scale_coefficient",
                                .value = growth->total,
                                .healthy = watch,
                                .healthy_side = ">"});
  }
  finding.headline = fmt::format("{}", fmt::join(symptoms, "; "));
  finding.why = "the output hardly depends on the input, so neither do the updates of the layers near it";
  finding.why += small_gains_sentence(examination);
  if (!examination.initial_weights) return finding;
  finding.remedies = other_gains(examination);
  for (Remedy& one : remedies_vanishing(examination, by_gain ? multiple : std::nullopt, growth, by_growth,
                                        thresholds.value("remedy.beta")))
    finding.remedies.push_back(std::move(one));
  return finding;
}

// One phrase for both ends: that of the rule on exploding gradients.
}  // namespace

RuleRecord vanishing_rule() {
  return {"vanishing",
          "gradients shrink from the output to the input",
          {"end_to_end_gain", "gradient_scale_coefficient", "gradient_growth"},
          {"dead_layer", "collapsed_domain", "redundant_units", "white_minibatch", "shattered"},
          Showing::in_batch,
          judge_vanishing,
          nullptr};
}

}  // namespace shatterproof
