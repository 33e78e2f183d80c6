// SPDX-License-Identifier: Apache-2.0
#include "diagnose/vanishing.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "diagnose/gain.h"
#include "diagnose/growth.h"
#include "shatterproof/theory/growth.h"

namespace shatterproof {
namespace {

double theoretical_rate(const char* activation) {
  return layer_growth(nonlinearity_of(activation));
}

// Rectifiers and the identity keep relative changes, so they cannot be what shrinks them.
bool keeps_relative_changes(const std::string& activation) {
  constexpr double kRounding = 1e-6;
  return std::ranges::any_of(nonlinearities(), [&](const Nonlinearity& known) {
    return known.name == activation && std::abs(layer_growth(known) - 1) < kRounding;
  });
}

// Whether the weights were drawn at the scale that their nonlinearity keeps.
bool have_the_right_scale(const Examination& examination) {
  const auto drawn = [&](const char* scheme) { return examination.initializer.starts_with(scheme); };
  const bool is_linear = examination.activation.empty();
  if (!is_linear && !keeps_relative_changes(examination.activation)) return false;
  return drawn("looks_linear") || drawn("orthogonal") || drawn(is_linear ? "lecun" : "he");
}

std::string other_variance(const Examination& examination, std::optional<double> multiple) {
  const std::string otherwise =
      "add a normalization before every nonlinearity, or leave saturating activations";
  if (examination.normalizes_batch) return otherwise;
  if (multiple && have_the_right_scale(examination))
    return fmt::format(
        "the weights have the right scale, and strides, padding by zeros and layers that get narrower lose "
        "some of it: multiply the weights of the last layer by {:.3g}, or add norms",
        1 / *multiple);
  if (examination.initializer == "he") return otherwise;
  return "draw weights with variance 2 / fan_in before rectifiers (--init he), 1 / fan_in otherwise (--init "
         "lecun); if that is what they have, " +
         otherwise;
}

// Weights of another scale change nothing of the coefficient: it is the nonlinearity that saturates.
std::string other_nonlinearity(const Examination& examination, const Growth& growth) {
  return fmt::format(
      "another nonlinearity than {}: behind a layer norm theory has {:.3g} per layer for tanh, {:.3g} for "
      "rectifiers, in place of {:.3g}",
      examination.activation.empty() ? "this one" : examination.activation, theoretical_rate("tanh"),
      theoretical_rate("relu"), growth.rate);
}

std::optional<Finding> judge(const Examination& examination, const Draw& draw, const Thresholds& thresholds) {
  const std::optional<double> multiple = gain_multiple(examination, draw);
  const std::optional<Growth> growth = growth_of(examination, draw);
  const double watch = thresholds.value("vanishing.watch_gain");
  const double critical = thresholds.value("vanishing.critical_gain");
  const bool by_gain = multiple && *multiple > 0 && *multiple < watch;
  const bool by_growth = growth && growth->total > 0 && growth->total < watch;
  if (!by_gain && !by_growth) return {};
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
    symptoms.push_back(
        fmt::format("a relative change of the first layer is {:.2g} of one of the output (a "
                    "factor {:.3g} per layer)",
                    growth->total, growth->rate));
    finding.evidence.push_back({.name = "gradient_scale_coefficient",
                                .value = growth->total,
                                .healthy = watch,
                                .healthy_side = ">"});
  }
  finding.headline = fmt::format("{}", fmt::join(symptoms, "; "));
  finding.why = "the output hardly depends on the input, so neither do the updates of the layers near it";
  if (by_gain && inputs_explain(examination, *multiple, 1 / watch)) {
    finding.next = scale_inputs(examination);
  } else if (!examination.initial_weights) {
    finding.next = kJudgeArchitecture;
  } else {
    finding.next = by_growth && !keeps_relative_changes(examination.activation)
                       ? other_nonlinearity(examination, *growth)
                       : other_variance(examination, multiple);
  }
  return finding;
}

// One phrase for both ends: that of the rule on exploding gradients.
std::string silent(const Examination&, const Draw&, const Thresholds&) {
  return {};
}

}  // namespace

RuleRecord vanishing_rule() {
  return {"vanishing",
          "gradients shrink from the output to the input",
          true,
          true,
          {"end_to_end_gain", "gradient_scale_coefficient", "gradient_growth"},
          judge,
          silent};
}

}  // namespace shatterproof
