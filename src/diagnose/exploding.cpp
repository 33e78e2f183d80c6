// SPDX-License-Identifier: Apache-2.0
#include "diagnose/exploding.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "diagnose/gain.h"
#include "diagnose/growth.h"
#include "diagnose/readings.h"

namespace shatterproof {
namespace {

// What a draw shows of both: the size of gradients, and that relative to what they are gradients of.
struct Explosion {
  std::optional<double> multiple;  // of an orthogonal map's gain
  std::optional<Growth> growth;
  bool by_gain = false, by_growth = false, by_width = false;
  bool is_critical = false;

  bool is_found() const { return by_gain || by_growth || by_width; }
};

Explosion explosion_of(const Examination& examination, const Draw& draw, const Thresholds& thresholds) {
  const double allowed = examination.initial_weights ? 1 : thresholds.value("exploding.trained_factor");
  const double watch = allowed * thresholds.value("exploding.watch_gain");
  const double critical = allowed * thresholds.value("exploding.critical_gain");
  Explosion found{.multiple = gain_multiple(examination, draw), .growth = growth_of(examination, draw)};
  // What the last layer alone makes large is the size of the outputs.
  const std::optional<double> along = gain_along_depth(draw);
  const bool rises = !along || *along > thresholds.value("exploding.along_depth");
  const std::optional<double> own = own_gain_multiple(examination, draw);
  found.by_gain = found.multiple && *found.multiple > watch && *own > watch && rises;
  found.is_critical = found.by_gain && *found.multiple > critical;
  if (!found.growth) return found;
  found.by_growth = found.growth->excess() > watch;
  found.by_width = !found.by_growth && found.growth->total > watch;
  const bool is_steady = found.growth->rate > thresholds.value("exploding.critical_rate") &&
                         found.growth->fit > thresholds.value("exploding.critical_fit") &&
                         found.growth->layers >= thresholds.value("exploding.critical_layers");
  found.is_critical =
      found.is_critical || found.growth->excess() > critical || (found.by_growth && is_steady);
  return found;
}

// Widths all of whose floor is harmless; `rest` is growth that has another reason.
Remedy wider(const Examination& examination, const Growth& growth, double harmless, double rest) {
  const double hidden = std::max<double>(1, static_cast<double>(examination.structure.layers.size()) - 1);
  const double times = std::log(growth.floor) / std::log(harmless);
  Remedy remedy{.kind = Remedy::Kind::widen,
                .value = std::ceil(times * hidden / (2 * std::log(growth.floor)))};
  remedy.promise = Remedy::Promise{"gradient_scale_coefficient", rest * harmless, "width_floor"};
  remedy.now = growth.total;
  return remedy;
}

Remedy add_skips(const Examination& examination, const Growth& growth, double beta) {
  Remedy remedy{.kind = Remedy::Kind::add_skips, .value = beta};
  if (!examination.normalizes()) remedy.scheme = "batch";
  const double rate = normalized_rate(examination, growth);
  remedy.promise =
      Remedy::Promise{"gradient_scale_coefficient", growth_with_skips(rate, growth.layers, beta), "dilution"};
  remedy.now = growth.total;
  return remedy;
}

std::vector<Remedy> remedies_exploding(const Examination& examination, const Explosion& found,
                                       const Thresholds& thresholds) {
  const double beta = thresholds.value("remedy.beta"), harmless = thresholds.value("remedy.harmless_floor");
  const auto sums = static_cast<double>(examination.structure.residual_sums.size());
  if (sums > 0 && !examination.normalizes_batch)
    return {{.kind = Remedy::Kind::scale_branches, .value = 1 / std::sqrt(sums)}};
  if (sums > 0) return {{.kind = Remedy::Kind::scale_branches, .value = beta}};
  std::vector<Remedy> steps;
  if (found.growth && (found.by_growth || examination.normalizes())) {
    steps.push_back(add_skips(examination, *found.growth, beta));
    if (examination.activation == "relu")
      steps.push_back({.kind = Remedy::Kind::redraw, .scheme = "looks_linear"});
  } else if (found.by_gain) {
    steps.push_back(right_variance(examination));
  }
  if (found.growth && found.growth->floor > harmless)
    steps.push_back(
        wider(examination, *found.growth, harmless, found.by_growth ? found.growth->excess() : 1));
  if (steps.empty()) steps.push_back({.kind = Remedy::Kind::add_skips, .value = beta});
  return steps;
}

std::string growth_sentence(const Growth& growth) {
  return fmt::format(
      "changing what the first layer gives by 1 % changes the output by {:.3g} % (a factor {:.3g} per layer; "
      "finite width explains {:.2g})",
      growth.total, growth.rate, growth.floor);
}

std::optional<Finding> judge_exploding(const Examination& examination, const Draw& draw,
                                       const Thresholds& thresholds, const Findings&) {
  const Explosion found = explosion_of(examination, draw, thresholds);
  if (!spans_layers(examination) || !found.is_found()) return {};
  Finding finding;
  finding.severity = found.is_critical ? Severity::critical : Severity::watch;
  finding.layers = LayerRange{1, static_cast<int>(examination.structure.layers.size())};
  std::vector<std::string> symptoms;
  if (found.by_gain) {
    symptoms.push_back(gain_sentence(examination, *found.multiple));
    finding.evidence.push_back(gain_evidence(examination, draw, "<"));
  }
  if (found.by_growth || found.by_width) {
    symptoms.push_back(growth_sentence(*found.growth));
    finding.evidence.push_back({.name = "gradient_scale_coefficient",
                                .value = found.growth->total,
                                .healthy = found.growth->floor * thresholds.value("exploding.watch_gain"),
                                .healthy_side = "<"});
    if (found.growth->floor > 1) finding.evidence.back().theory = found.growth->floor;
  }
  finding.headline = fmt::format("{}", fmt::join(symptoms, "; "));
  finding.why =
      "the same relative step size is far too large for the layers near the input, or useless for the last "
      "ones";
  if (examination.initial_weights) finding.remedies = remedies_exploding(examination, found, thresholds);
  return finding;
}

// Silent where gradients vanish, or none arrives at all: another finding says so.
std::string healthy_exploding(const Examination& examination, const Draw& draw, const Thresholds& thresholds,
                              const Findings& found) {
  const std::optional<double> multiple = gain_multiple(examination, draw);
  if (!multiple || !(*multiple > 0) || find(found, "vanishing")) return {};
  if (*multiple < thresholds.value("vanishing.watch_gain")) return {};
  std::string text = fmt::format("size of gradients ({:.2g} times an orthogonal map's", *multiple);
  if (const std::optional<Growth> growth = growth_of(examination, draw))
    text += fmt::format("; scale coefficient {:.2g}", growth->total);
  return text + ")";
}

}  // namespace

RuleRecord exploding_rule() {
  return {"exploding",
          "gradients grow from the output to the input",
          {"end_to_end_gain", "gradient_scale_coefficient", "gradient_growth", "inverse_width"},
          {"undiluted_skips", "overly_nonlinear", "collapsed_domain", "shattered", "white_minibatch",
           "large_outputs"},
          Showing::in_batch,
          judge_exploding,
          healthy_exploding};
}

}  // namespace shatterproof
