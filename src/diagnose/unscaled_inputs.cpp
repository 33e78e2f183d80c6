// SPDX-License-Identifier: Apache-2.0
#include "diagnose/unscaled_inputs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace shatterproof {
namespace {

// A constant stands for a batch, or what prepares it leaves nothing.
Finding constant(const InputFacts& inputs) {
  Finding finding;
  finding.severity = Severity::watch;
  finding.headline = fmt::format("the inputs are one number, {:g}: all examples are the same", inputs.mean);
  finding.evidence.push_back(
      {.name = "standard deviation of inputs", .value = 0, .healthy = 0, .healthy_side = ">"});
  finding.why =
      "nothing can be told apart that enters as the same, and what is measured of it says little of the "
      "network";
  finding.remedies = {
      {.kind = Remedy::Kind::look_at,
       .scheme = "look at what prepares them, as a division of whole numbers or a scale applied twice, or "
                 "give examples as they are trained on"}};
  return finding;
}

// Those of one scale of all inputs first.
struct Unscaled {
  std::vector<std::string> of_all, of_channels;
};

Unscaled symptoms_of_inputs(const InputFacts& inputs, const Thresholds& thresholds) {
  Unscaled found;
  if (inputs.are_bytes()) {
    found.of_all.push_back(fmt::format("they are whole numbers from {:g} to {:g}, as images come",
                                       inputs.least, inputs.greatest));
  } else if (inputs.deviation > thresholds.value("unscaled_inputs.most_deviation") ||
             (inputs.deviation > 0 &&
              inputs.deviation < thresholds.value("unscaled_inputs.least_deviation"))) {
    found.of_all.push_back(
        fmt::format("their standard deviation is {:.3g}, networks expect about 1", inputs.deviation));
  }
  if (inputs.largest_offset > thresholds.value("unscaled_inputs.most_offset"))
    found.of_channels.push_back(
        fmt::format("a channel lies {:.3g} deviations away from 0", inputs.largest_offset));
  if (inputs.deviation_ratio > thresholds.value("unscaled_inputs.most_ratio")) {
    found.of_channels.push_back(
        fmt::format("{} varies {:.3g} times as much as the others", inputs.widest, inputs.deviation_ratio));
  }
  return found;
}

std::optional<Finding> judge_unscaled_inputs(const Examination& examination, const Draw&,
                                             const Thresholds& thresholds, const Findings&) {
  const InputFacts& inputs = examination.inputs;
  if (!inputs.real || inputs.prepared) return {};
  if (inputs.deviation == 0 && examination.examples > 1) return constant(inputs);
  const auto [of_all, of_channels] = symptoms_of_inputs(inputs, thresholds);
  if (of_all.empty() && of_channels.empty()) return {};
  const bool is_undone = of_channels.empty() && inputs.normalized_behind;
  Finding finding;
  finding.severity = is_undone ? Severity::info : Severity::watch;
  std::vector<std::string> found = of_all;
  found.insert(found.end(), of_channels.begin(), of_channels.end());
  finding.headline = fmt::format("the inputs are not scaled: {}", fmt::join(found, "; "));
  finding.evidence.push_back({.name = "standard deviation of inputs",
                              .value = inputs.deviation,
                              .healthy = thresholds.value("unscaled_inputs.most_deviation"),
                              .healthy_side = "<"});
  finding.evidence.push_back({.name = "mean of inputs", .value = inputs.mean});
  finding.why =
      "the first layer's outputs, and with them all that follows, have the scale of the inputs, not the one "
      "the initial weights were made for";
  if (!examination.initial_weights && examination.outputs.are_right()) {
    finding.severity = Severity::info;
    finding.why = fmt::format("it was trained on such: it answers {:.3g} % of these examples right",
                              100 * *examination.outputs.accuracy);
    return finding;
  }
  if (is_undone) {
    finding.why = "the norm behind the first layer takes their scale out again, from its gradients too";
    return finding;
  }
  finding.remedies = {{.kind = Remedy::Kind::standardize_inputs, .value = inputs.deviation}};
  return finding;
}

std::string healthy_unscaled_inputs(const Examination& examination, const Draw&, const Thresholds&,
                                    const Findings&) {
  const InputFacts& inputs = examination.inputs;
  if (!inputs.real || inputs.deviation == 0) return {};
  return inputs.prepared
             ? "the network scales its inputs itself"
             : fmt::format("inputs (mean {:.2g}, deviation {:.2g})", inputs.mean, inputs.deviation);
}

}  // namespace

RuleRecord unscaled_inputs_rule() {
  return {"unscaled_inputs",
          "inputs of a scale that initial weights are not made for",
          {},
          {"saturated", "large_outputs", "dead_layer", "exploding", "vanishing", "collapsed_domain",
           "redundant_units", "overly_nonlinear", "shattered", "white_minibatch", "stuck"},
          Showing::never,
          judge_unscaled_inputs,
          healthy_unscaled_inputs};
}

}  // namespace shatterproof
