// SPDX-License-Identifier: Apache-2.0
#include "diagnose/exploding.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "diagnose/gain.h"
#include "diagnose/growth.h"
#include "diagnose/readings.h"
#include "diagnose/vanishing.h"

namespace shatterproof {
namespace {

constexpr double kSuggestedBeta = 0.2;
constexpr double kHarmlessFloor = 1.5;

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
  found.by_gain = found.multiple && *found.multiple > watch;
  found.is_critical = found.multiple && *found.multiple > critical;
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

// Widths all of whose floor is harmless: beta falls like 1/width.
std::string wider(const Examination& examination, const Growth& growth) {
  const double times = std::log(growth.floor) / std::log(kHarmlessFloor);
  const double hidden = std::max<double>(1, static_cast<double>(examination.structure.layers.size()) - 1);
  const double width = hidden / (2 * std::log(growth.floor));
  return fmt::format(
      "finite width alone makes a factor {:.2g} of it: hidden layers {:.0f} units wide, not {:.0f}, bring "
      "that under {:g}",
      growth.floor, std::ceil(times * width), width, kHarmlessFloor);
}

std::string add_skips(const Examination& examination, const Growth& growth) {
  const double rate = normalized_rate(examination, growth);
  std::string text = fmt::format(
      "add a skip around every layer{}: predicted growth over {} layers {:.3g} in place of {:.3g}, with "
      "branches "
      "scaled by beta {:g} {:.3g}",
      examination.normalizes_batch || examination.normalizes_layer ? "" : " and a norm on its branch",
      growth.layers, growth_with_skips(rate, growth.layers, 1), growth.total, kSuggestedBeta,
      growth_with_skips(rate, growth.layers, kSuggestedBeta));
  if (examination.activation == "relu")
    text += "; or draw a looks-linear initialization and leave norms out: 1";
  return text;
}

std::string other_variance(const Examination& examination) {
  if (examination.initializer == "he") {
    return "draw weights with variance 1 / fan_in where no rectifier follows (--init lecun), or normalize "
           "before every nonlinearity";
  }
  return "draw weights with variance 2 / fan_in before rectifiers (--init he), 1 / fan_in otherwise (--init "
         "lecun)";
}

std::string remedy(const Examination& examination, const Explosion& found) {
  const bool has_skips = !examination.structure.residual_sums.empty();
  if (has_skips && !examination.normalizes_batch) {
    return fmt::format(
        "scale the branches of the {0} residual sums by 1/sqrt({0}), or normalize inside every branch",
        examination.structure.residual_sums.size());
  }
  if (has_skips) return "scale the residual branches down: a factor beta in [0.1, 0.3]";
  std::vector<std::string> steps;
  const bool norms = examination.normalizes_batch || examination.normalizes_layer;
  if (found.growth && (found.by_growth || norms)) {
    steps.push_back(add_skips(examination, *found.growth));
  } else if (found.by_gain) {
    steps.push_back(other_variance(examination));
  }
  if (found.growth && found.growth->floor > kHarmlessFloor)
    steps.push_back(wider(examination, *found.growth));
  return steps.empty() ? "add a skip around every layer" : fmt::format("{}", fmt::join(steps, "; "));
}

std::string growth_sentence(const Growth& growth) {
  return fmt::format(
      "a relative change of the first layer is {:.3g} times one of the output (a factor {:.3g} "
      "per layer; finite width explains {:.2g})",
      growth.total, growth.rate, growth.floor);
}

std::optional<Finding> judge(const Examination& examination, const Draw& draw, const Thresholds& thresholds) {
  const Explosion found = explosion_of(examination, draw, thresholds);
  if (!found.is_found()) return {};
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
  const double allowed = examination.initial_weights ? 1 : thresholds.value("exploding.trained_factor");
  if (!examination.initial_weights) finding.next = kJudgeArchitecture;
  if (found.by_gain &&
      inputs_explain(examination, *found.multiple, allowed * thresholds.value("exploding.watch_gain"))) {
    finding.next = scale_inputs(examination);
  } else if (examination.initial_weights) {
    finding.next = remedy(examination, found);
  }
  return finding;
}

// Silent where any draw vanishes, or no gradient arrives at all: another finding says so.
std::string healthy(const Examination& examination, const Draw& draw, const Thresholds& thresholds) {
  const std::optional<double> multiple = gain_multiple(examination, draw);
  const RuleRecord vanishing = vanishing_rule();
  if (!multiple || !(*multiple > 0) || vanishing.judge(examination, draw, thresholds)) return {};
  for (const Draw& one : examination.draws) {
    if (vanishing.judge(examination, one, thresholds)) return {};
  }
  std::string text = fmt::format("size of gradients ({:.2g} times an orthogonal map's", *multiple);
  if (const std::optional<Growth> growth = growth_of(examination, draw))
    text += fmt::format("; scale coefficient {:.2g}", growth->total);
  return text + ")";
}

}  // namespace

RuleRecord exploding_rule() {
  return {"exploding",
          "gradients grow from the output to the input",
          true,
          true,
          {"end_to_end_gain", "gradient_scale_coefficient", "gradient_growth", "inverse_width"},
          judge,
          healthy};
}

}  // namespace shatterproof
