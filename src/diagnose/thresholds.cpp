// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/diagnose/thresholds.h"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <cmath>

#include "core/nesting.h"
#include "core/text_file.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

std::vector<std::string> names(const std::vector<Threshold>& thresholds) {
  std::vector<std::string> known;
  for (const Threshold& threshold : thresholds) known.push_back(threshold.name);
  return known;
}

void override_rule(Thresholds& thresholds, std::string_view rule, const toml::table& table) {
  for (const auto& [key, node] : table) {
    const std::string name = fmt::format("{}.{}", rule, key.str());
    const auto number = node.value<double>();
    if (!number || !std::isfinite(*number))
      reject("thresholds", name + " must be a finite number", "another value");
    thresholds.set(name, *number);
  }
}

}  // namespace

Thresholds::Thresholds()
    : all_{
          {"coupled_examples.watch_change", 1e-5,
           "watch when an output changes by more than this with the other examples of its batch"},
          {"shattered.watch_length", 1.0 / 8, "watch when gradients forget within this part of the way"},
          {"shattered.critical_length", 1.0 / 32,
           "critical below this part, when the shallow twin is healthy"},
          {"shattered.healthy_twin_length", 1.0 / 4,
           "a shallow network of the same width must keep this part"},
          {"white_minibatch.floor_factor", 1.25,
           "watch when signal to noise is below this many times its floor, about 1/sqrt(examples)"},
          {"exploding.watch_gain", 10,
           "watch when the gain, or the scale coefficient beyond what finite width explains, is this many "
           "times that of an orthogonal map"},
          {"exploding.critical_gain", 100, "critical above this many times"},
          {"exploding.critical_rate", 1.05,
           "critical from watch on when the coefficient grows by this factor per layer"},
          {"exploding.critical_fit", .95, "and as steadily as an R^2 above this says"},
          {"exploding.critical_layers", 10, "over at least so many nonlinearities"},
          {"exploding.trained_factor", 10,
           "a trained network may be this many times steeper: it separates classes"},
          {"vanishing.watch_gain", 1.0 / 10,
           "watch when the gain, or the scale coefficient, is below this part of an orthogonal map's"},
          {"vanishing.critical_gain", 1.0 / 100, "critical below this part"},
          {"vanishing.undisputed_gain", 1e-4, "below this part no batch that is fitted takes it back"},
          {"vanishing_in_time.watch_part", 1e-7,
           "watch when less of the gradient is left over the steps that the state alone carries: float32 "
           "rounds it away beside the last step's"},
          {"vanishing_in_time.critical_part", 1e-14,
           "critical when half of those steps already lose as much"},
          {"exploding_in_time.watch_factor", 1e3,
           "watch when the gradient at some step is this many times that at the last"},
          {"exploding_in_time.critical_factor", 1e7,
           "critical when float32 rounds the last step's gradient away beside it"},
          {"vanishing.along_depth", 1.0 / 3,
           "and when the gradient falls at least to this part from the last layer to the first"},
          {"exploding.along_depth", 3,
           "a large gain counts when the gradient rises by this from the last layer to the first"},
          {"post_norm.fewest_sums", 8,
           "a network that is stuck is told of norms behind so many residual sums"},
          {"redundant_units.watch_fraction", .5, "watch when a layer has more units always on or always off"},
          {"redundant_units.critical_fraction", .9, "critical above this fraction"},
          {"collapsed_domain.layer_fraction", 1.0 / 4,
           "judged when more nonlinearities than this part are low"},
          {"collapsed_domain.watch_nonlinearity", 1e-2,
           "watch when a straight line leaves less than this of a nonlinearity's output unexplained"},
          {"collapsed_domain.critical_nonlinearity", 1e-3, "critical when it leaves less than this"},
          {"collapsed_domain.watch_diversity", .1, "watch when rectifiers see their rarer sign less often"},
          {"collapsed_domain.critical_diversity", .03, "critical when they see it less often than this"},
          {"overly_nonlinear.watch_coefficient", 10, "watch above this nonlinearity coefficient"},
          {"overly_nonlinear.critical_coefficient", 100, "critical above this one"},
          {"overly_nonlinear.trained_factor", 10, "a trained network may have so many times more"},
          {"undiluted_skips.fewest_sums", 8, "judged from so many residual sums on"},
          {"undiluted_skips.constant_slope", 1.0 / 4,
           "skips do not grow when their dilution rises more slowly than this power of the sum's number"},
          {"undiluted_skips.watch_growth", 10, "watch when gradients then grow by more than this factor"},
          {"undiluted_skips.critical_growth", 100, "critical by more than this"},
          {"collapsed_tokens.watch_rank", .02,
           "watch when less than this part of the last state tells tokens apart"},
          {"collapsed_tokens.began_apart", .2, "and more than this part did before"},
          {"white_minibatch.fewest_examples", 16,
           "judged from so many examples on: with fewer the floor is as high as healthy readings are"},
          {"white_minibatch.agreement", .5, "and when the last layer's gradients agree at least so much"},
          {"unscaled_inputs.most_deviation", 10, "watch when the inputs' standard deviation is above this"},
          {"unscaled_inputs.least_deviation", .01, "or below this"},
          {"unscaled_inputs.most_offset", 10, "or a channel's mean is so many deviations from 0"},
          {"unscaled_inputs.most_ratio", 100, "or one channel's deviation is so many times the median one"},
          {"saturated.watch_share", .5,
           "watch when a layer of bounded units has more of its outputs at the bounds"},
          {"saturated.critical_share", .9, "critical above this share"},
          {"large_outputs.watch_loss", 3, "watch when the loss begins at so many times ln K"},
          {"large_outputs.critical_loss", 10, "critical above so many times"},
          {"unreachable_targets.watch_share", .1,
           "watch when so much of what tells a constant's loss from the least stays whatever is learned"},
          {"unreachable_targets.critical_share", .7, "critical from so much on"},
          {"unreachable_targets.least_probability", .8,
           "watch where a last sigmoid or softmax cannot make so much of a 1, or of a 0"},
          {"remedy.beta", .2, "factor of residual branches that advice suggests"},
          {"remedy.harmless_floor", 1.5, "growth by finite width that advice on width aims at"},
      } {}

std::vector<Threshold> Thresholds::of(const std::string& rule) const {
  std::vector<Threshold> found;
  for (const Threshold& threshold : all_) {
    if (threshold.name.starts_with(rule + ".")) found.push_back(threshold);
  }
  return found;
}

double Thresholds::value(const std::string& name) const {
  for (const Threshold& threshold : all_) {
    if (threshold.name == name) return threshold.value;
  }
  reject_unknown("thresholds", "threshold", name, names(all_));
}

void Thresholds::set(const std::string& name, double value) {
  for (Threshold& threshold : all_) {
    if (threshold.name != name) continue;
    threshold.value = value;
    return;
  }
  reject_unknown("thresholds", "threshold", name, names(all_));
}

Thresholds Thresholds::read(const std::string& path) {
  const std::string text = text_of_file(path, kLongestToml);
  require_shallow_toml(text, printable(path));
  Thresholds thresholds;
  try {
    const toml::table table = toml::parse(text, path);
    for (const auto& [rule, node] : table) {
      if (!node.is_table())
        reject("thresholds", "values belong into a table named after their rule", rule.str());
      override_rule(thresholds, rule.str(), *node.as_table());
    }
  } catch (const toml::parse_error& error) {
    throw IoError(fmt::format("{}: line {}: {}", printable(path), error.source().begin.line,
                              printable(error.description())));
  }
  return thresholds;
}

}  // namespace shatterproof
