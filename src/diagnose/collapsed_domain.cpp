// SPDX-License-Identifier: Apache-2.0
#include "diagnose/collapsed_domain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "diagnose/growth.h"
#include "diagnose/readings.h"

namespace shatterproof {
namespace {

// Where a curve over nonlinearities is below a bound.
struct Low {
  const Reading* curve = nullptr;
  std::vector<size_t> places;
  size_t asked = 0;  // those with a layer behind them

  size_t worst() const {
    return *std::min_element(places.begin(), places.end(),
                             [&](size_t a, size_t b) { return curve->values[a] < curve->values[b]; });
  }
  bool exceeds(double fraction) const {
    return curve && static_cast<double>(places.size()) > fraction * static_cast<double>(asked);
  }
};

Low low(const Examination& examination, const Draw& draw, const char* name, double bound) {
  Low found{.curve = find_reading(draw, name, ReadingType::curve), .places = {}};
  if (!found.curve) return found;
  for (size_t i = 0; i < found.curve->values.size(); ++i) {
    if (is_at_outputs(examination, *found.curve, i)) continue;
    ++found.asked;
    if (found.curve->values[i] < bound) found.places.push_back(i);
  }
  return found;
}

// The longest run of neighbours along a path: side by side on the curve, each deeper than the one before.
std::pair<size_t, size_t> longest_run(const Low& low) {
  const std::vector<size_t>& places = low.places;
  std::pair<size_t, size_t> best = {places.front(), places.front()}, run = best;
  for (size_t i = 1; i < places.size(); ++i) {
    const bool follows = places[i] == run.second + 1 && low.curve->x[places[i]] > low.curve->x[run.second];
    run = follows ? std::pair(run.first, places[i]) : std::pair(places[i], places[i]);
    if (run.second - run.first > best.second - best.first) best = run;
  }
  return best;
}

std::string name_at(const Reading& curve, size_t place) {
  return place < curve.x_labels.size() ? curve.x_labels[place] : fmt::format("depth {:g}", curve.x[place]);
}

bool rectifies(const Examination& examination) {
  return examination.activation == "relu" || examination.activation == "leaky_relu" ||
         examination.activation == "prelu";
}

// The symptoms of one severity: straight nonlinearities, and rectifiers that see one sign only.
std::vector<Low> low_nonlinearities(const Examination& examination, const Draw& draw,
                                    const Thresholds& thresholds, const std::string& severity) {
  const double fraction = thresholds.value("collapsed_domain.layer_fraction");
  std::vector<Low> found = {low(examination, draw, "pseudo_linearity",
                                thresholds.value("collapsed_domain." + severity + "_nonlinearity"))};
  if (rectifies(examination)) {
    found.push_back(low(examination, draw, "sign_diversity",
                        thresholds.value("collapsed_domain." + severity + "_diversity")));
  }
  std::erase_if(found, [&](const Low& one) { return !one.exceeds(fraction); });
  return found;
}

size_t smallest(const Reading& curve) {
  return static_cast<size_t>(std::min_element(curve.values.begin(), curve.values.end()) -
                             curve.values.begin());
}

std::string headline(const Low& one, double bound, bool has_skips) {
  const auto [first, last] = longest_run(one);
  const double least = one.curve->values[one.worst()];
  const bool is_one = first == last;
  const std::string range =
      is_one ? name_at(*one.curve, first)
             : fmt::format("{} to {}", name_at(*one.curve, first), name_at(*one.curve, last));
  const bool is_linear = one.curve->name == "pseudo_linearity";
  return fmt::format("{} at {} of {} nonlinearities (least {:.2g}, healthy > {:g}): {} {}",
                     is_linear ? "a straight line leaves almost nothing of the output unexplained"
                               : "inputs are all on one side of the kink",
                     one.places.size(), one.asked, least, bound, range,
                     !is_linear  ? (is_one ? "hardly switches" : "hardly switch")
                     : is_one    ? "hardly bends"
                     : has_skips ? "hardly bend"
                                 : "act as one linear layer");
}

// The linear maps between two depths.
LayerRange layers_between(const Examination& examination, double first_depth, double last_depth) {
  LayerRange range{0, 0};
  for (size_t i = 0; i < examination.structure.layers.size(); ++i) {
    const auto output = examination.structure.layers[i].output;
    if (output >= examination.structure.depth.size()) continue;
    // A linear map comes before its nonlinearity, which counts one more.
    const double depth = examination.structure.depth[output] + 1;
    if (depth < first_depth || depth > last_depth) continue;
    if (range.first == 0) range.first = static_cast<int>(i) + 1;
    range.last = static_cast<int>(i) + 1;
  }
  return range;
}

// Behind a norm every unit sees both sides; what that costs in growth, and what skips leave of the cost.
std::vector<Remedy> remedies_collapsed_domain(const Examination& examination, const Draw& draw,
                                              const LayerRange& layers, const Thresholds& thresholds) {
  std::vector<Remedy> steps;
  const std::optional<Growth> growth = growth_of(examination, draw);
  const double beta = thresholds.value("remedy.beta");
  const bool has_skips = !examination.structure.residual_sums.empty();
  if (!examination.normalizes()) steps.push_back({.kind = Remedy::Kind::add_norm, .scheme = "batch"});
  if (!has_skips && growth && growth->layers > 0) {
    Remedy skips{.kind = Remedy::Kind::add_skips, .value = beta};
    const double rate = normalized_rate(examination, *growth);
    if (!examination.normalizes()) skips.scheme = "batch";
    skips.promise = Remedy::Promise{"gradient_scale_coefficient",
                                    growth_with_skips(rate, growth->layers, beta), "dilution"};
    skips.now = growth->total;
    steps.push_back(skips);
  }
  if (!has_skips && layers.last > layers.first)
    steps.push_back({.kind = Remedy::Kind::narrow_depth, .layers = layers});
  return steps;
}

std::optional<Finding> judge_collapsed_domain(const Examination& examination, const Draw& draw,
                                              const Thresholds& thresholds, const Findings&) {
  std::string severity = "critical";
  std::vector<Low> found = low_nonlinearities(examination, draw, thresholds, severity);
  // Units of a trained network may be silent on foreign inputs.
  if (found.empty() || !examination.initial_weights) {
    severity = "watch";
    found = low_nonlinearities(examination, draw, thresholds, severity);
  }
  if (found.empty()) return {};
  Finding finding;
  finding.severity = severity == "critical" ? Severity::critical : Severity::watch;
  const auto [first, last] = longest_run(found.front());
  const Reading& curve = *found.front().curve;
  const LayerRange layers = layers_between(examination, curve.x[first], curve.x[last]);
  if (layers.first > 0) finding.layers = layers;
  std::vector<std::string> lines;
  for (const Low& one : found) {
    const double bound =
        thresholds.value("collapsed_domain.watch_" +
                         std::string(one.curve->name == "pseudo_linearity" ? "nonlinearity" : "diversity"));
    lines.push_back(headline(one, bound, !examination.structure.residual_sums.empty()));
    finding.evidence.push_back(evidence_at(*one.curve, one.worst(), bound, ">"));
  }
  if (const Reading* spread = find_reading(draw, "preactivation_std", ReadingType::curve))
    finding.evidence.push_back(evidence_at(*spread, smallest(*spread), 0, ">"));
  finding.headline = fmt::format("{}", fmt::join(lines, "; "));
  finding.why = "layers that are linear on the data add depth and no function";
  if (examination.initial_weights)
    finding.remedies = remedies_collapsed_domain(examination, draw, layers, thresholds);
  return finding;
}

std::string healthy_collapsed_domain(const Examination& examination, const Draw& draw,
                                     const Thresholds& thresholds, const Findings&) {
  const Reading* curve = find_reading(draw, "pseudo_linearity", ReadingType::curve);
  if (!curve) return {};
  std::vector<double> asked;
  for (size_t i = 0; i < curve->values.size(); ++i) {
    if (!is_at_outputs(examination, *curve, i)) asked.push_back(curve->values[i]);
  }
  if (asked.empty()) return {};
  const auto [least, most] = std::minmax_element(asked.begin(), asked.end());
  if (!(*least >= thresholds.value("collapsed_domain.watch_nonlinearity"))) return {};
  return fmt::format("nonlinearities bend (1 - R^2 from {:.2g} to {:.2g})", *least, *most);
}

}  // namespace

RuleRecord collapsed_domain_rule() {
  return {"collapsed_domain",
          "nonlinearities see so little of their inputs' range that they are linear",
          {"pseudo_linearity", "sign_diversity", "preactivation_std", "gradient_scale_coefficient",
           "gradient_growth"},
          {"redundant_units", "vanishing"},
          Showing::in_batch,
          judge_collapsed_domain,
          healthy_collapsed_domain};
}

}  // namespace shatterproof
