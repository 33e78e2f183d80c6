// SPDX-License-Identifier: Apache-2.0
#include "diagnose/large_outputs.h"

#include <fmt/format.h>

#include <cmath>

namespace shatterproof {
namespace {

double times_of(const OutputFacts& outputs) {
  return outputs.initial_loss / std::log(static_cast<double>(outputs.classes));
}

std::optional<Finding> judge_large_outputs(const Examination& examination, const Draw&,
                                           const Thresholds& thresholds, const Findings&) {
  const OutputFacts& outputs = examination.outputs;
  if (outputs.classes < 2 || !examination.initial_weights || !std::isfinite(outputs.initial_loss)) return {};
  if (outputs.are_cosines) return {};  // their scale is chosen, no weight makes it
  const double times = times_of(outputs), watch = thresholds.value("large_outputs.watch_loss");
  if (times <= watch) return {};
  Finding finding;
  finding.severity =
      times > thresholds.value("large_outputs.critical_loss") ? Severity::critical : Severity::watch;
  const int last = static_cast<int>(examination.structure.layers.size());
  if (last > 0) finding.layers = LayerRange{last, last};
  finding.headline = fmt::format(
      "taken for logits of {} classes, the outputs begin at a loss of {:.3g}, {:.3g} times ln {} = {:.3g}: "
      "their "
      "deviation is {:.3g}",
      outputs.classes, outputs.initial_loss, times, outputs.classes,
      std::log(static_cast<double>(outputs.classes)), outputs.logit_deviation);
  finding.evidence.push_back({.name = "initial loss",
                              .value = outputs.initial_loss,
                              .healthy = watch * std::log(static_cast<double>(outputs.classes)),
                              .healthy_side = "<"});
  finding.evidence.push_back({.name = "deviation of logits", .value = outputs.logit_deviation});
  finding.why = "training first has to unlearn confident wrong answers, at gradients that say little else";
  finding.remedies = {{.kind = Remedy::Kind::scale_layer, .value = 1 / outputs.logit_deviation}};
  return finding;
}

std::string healthy_large_outputs(const Examination& examination, const Draw&, const Thresholds& thresholds,
                                  const Findings&) {
  const OutputFacts& outputs = examination.outputs;
  if (outputs.classes < 2 || !(times_of(outputs) <= thresholds.value("large_outputs.watch_loss"))) return {};
  return fmt::format("size of the outputs (initial loss {:.2g}, ln {} = {:.2g})", outputs.initial_loss,
                     outputs.classes, std::log(static_cast<double>(outputs.classes)));
}

}  // namespace

RuleRecord large_outputs_rule() {
  return {"large_outputs",
          "outputs so large that training begins with confident wrong answers",
          {},
          {"stuck"},
          Showing::at_once,
          judge_large_outputs,
          healthy_large_outputs};
}

}  // namespace shatterproof
