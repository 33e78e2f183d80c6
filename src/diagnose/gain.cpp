// SPDX-License-Identifier: Apache-2.0
#include "diagnose/gain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "diagnose/readings.h"

namespace shatterproof {
namespace {

// The gain of a map with orthogonal rows: sqrt(outputs / inputs) for unit inputs. Judged by its multiple, so
// that neither the number of inputs nor that of outputs matters.
double healthy_gain(const Examination& examination) {
  if (examination.input_numbers <= 0 || examination.output_numbers <= 0) return 1;
  return std::sqrt(static_cast<double>(examination.output_numbers) /
                   static_cast<double>(examination.input_numbers));
}

Finding gain_finding(const Examination& examination, const Reading& gain, double multiple,
                     Severity severity) {
  Finding finding;
  finding.severity = severity;
  finding.layers = LayerRange{1, static_cast<int>(examination.structure.layers.size())};
  finding.evidence.push_back(evidence_of(gain));
  finding.evidence.back().healthy = healthy_gain(examination);
  const double layers = std::max<double>(1, static_cast<double>(examination.structure.layers.size()));
  finding.headline =
      fmt::format("a change of the input reaches the output {:.3g} times {} (a factor {:.3g} per layer)",
                  multiple > 1 ? multiple : 1 / multiple, multiple > 1 ? "enlarged" : "diminished",
                  std::pow(multiple, 1 / layers));
  return finding;
}

// Inputs of another scale than 1 are enlarged or diminished by themselves.
bool inputs_explain(const Examination& examination, double multiple, double allowed) {
  const double by_weights = multiple / examination.input_std;
  return by_weights <= allowed && by_weights >= 1 / allowed;
}

std::string scale_inputs(const Examination& examination) {
  return fmt::format(
      "scale the inputs: their standard deviation is {:.3g}, networks expect about 1 (--scale, --mean, "
      "--std here; the same in training)",
      examination.input_std);
}

constexpr const char* kJudgeArchitecture =
    "the weights are trained: draw them anew (--init he --seeds 5) to see whether the architecture does it";

std::string damping(const Examination& examination) {
  const bool has_skips = !examination.structure.residual_sums.empty();
  if (has_skips && !examination.normalizes_batch) {
    return fmt::format(
        "scale the branches of the {0} residual sums by 1/sqrt({0}), or normalize inside every branch",
        examination.structure.residual_sums.size());
  }
  if (has_skips) return "scale the residual branches down: a factor beta in [0.1, 0.3]";
  if (examination.normalizes_batch) {
    return "add a skip around every layer: batch norm alone multiplies gradients by 1.21 per rectifier layer";
  }
  if (examination.initializer == "he") {
    return "draw weights with variance 1 / fan_in where no rectifier follows (--init lecun), or normalize "
           "before every "
           "nonlinearity";
  }
  return "draw weights with variance 2 / fan_in before rectifiers (--init he), 1 / fan_in otherwise (--init "
         "lecun)";
}

std::string amplifying(const Examination& examination) {
  const std::string otherwise =
      "add a normalization before every nonlinearity, or leave saturating activations";
  if (examination.initializer == "he" || examination.normalizes_batch) return otherwise;
  return "draw weights with variance 2 / fan_in before rectifiers (--init he), 1 / fan_in otherwise (--init "
         "lecun); if "
         "that is what they have, " +
         otherwise;
}

std::optional<Finding> judge_exploding(const Examination& examination, const Draw& draw,
                                       const Thresholds& thresholds) {
  const Reading* gain = find_reading(draw, "end_to_end_gain", ReadingType::scalar);
  if (!gain || !std::isfinite(gain->value())) return {};
  const double multiple = gain->value() / healthy_gain(examination);
  const double allowed = examination.initial_weights ? 1 : thresholds.value("exploding.trained_factor");
  if (multiple <= allowed * thresholds.value("exploding.watch_gain")) return {};
  const bool is_critical = multiple > allowed * thresholds.value("exploding.critical_gain");
  Finding finding =
      gain_finding(examination, *gain, multiple, is_critical ? Severity::critical : Severity::watch);
  finding.evidence.back().healthy_side = "<";
  finding.why =
      "the same relative step size is far too large for the layers near the input, or useless for the last "
      "ones";
  if (inputs_explain(examination, multiple, allowed * thresholds.value("exploding.watch_gain"))) {
    finding.next = scale_inputs(examination);
  } else {
    finding.next = examination.initial_weights ? damping(examination) : kJudgeArchitecture;
  }
  return finding;
}

std::optional<Finding> judge_vanishing(const Examination& examination, const Draw& draw,
                                       const Thresholds& thresholds) {
  const Reading* gain = find_reading(draw, "end_to_end_gain", ReadingType::scalar);
  if (!gain || !(gain->value() > 0)) return {};
  const double multiple = gain->value() / healthy_gain(examination);
  if (multiple >= thresholds.value("vanishing.watch_gain")) return {};
  Finding finding = gain_finding(
      examination, *gain, multiple,
      multiple < thresholds.value("vanishing.critical_gain") ? Severity::critical : Severity::watch);
  finding.evidence.back().healthy_side = ">";
  finding.why = "the output hardly depends on the input, so neither do the updates of the layers near it";
  if (inputs_explain(examination, multiple, 1 / thresholds.value("vanishing.watch_gain"))) {
    finding.next = scale_inputs(examination);
  } else {
    finding.next = examination.initial_weights ? amplifying(examination) : kJudgeArchitecture;
  }
  return finding;
}

// Silent where any draw vanishes, or no gradient arrives at all: another finding says so.
std::string healthy_size(const Examination& examination, const Draw& draw, const Thresholds& thresholds) {
  const Reading* gain = find_reading(draw, "end_to_end_gain", ReadingType::scalar);
  if (!gain || !(gain->value() > 0) || judge_vanishing(examination, draw, thresholds)) return {};
  for (const Draw& one : examination.draws) {
    if (judge_vanishing(examination, one, thresholds)) return {};
  }
  return fmt::format("size of gradients ({:.2g} times an orthogonal map's)",
                     gain->value() / healthy_gain(examination));
}

// One phrase for both ends: the other rule's stays silent.
std::string silent(const Examination&, const Draw&, const Thresholds&) {
  return {};
}

}  // namespace

RuleRecord exploding_rule() {
  return {"exploding",
          "gradients grow from the output to the input",
          true,
          true,
          {"end_to_end_gain"},
          judge_exploding,
          healthy_size};
}

RuleRecord vanishing_rule() {
  return {"vanishing",
          "gradients shrink from the output to the input",
          true,
          true,
          {"end_to_end_gain"},
          judge_vanishing,
          silent};
}

}  // namespace shatterproof
