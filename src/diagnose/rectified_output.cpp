// SPDX-License-Identifier: Apache-2.0
#include "diagnose/rectified_output.h"

#include <fmt/format.h>

namespace shatterproof {
namespace {

// Readings do not tell whether it is to blame: networks of positive numbers end in one, and learn.
std::optional<Finding> judge(const Examination& examination, const Draw&, const Thresholds&,
                             const Findings&) {
  const std::optional<Rehearsal>& without = examination.without_output_rectifier;
  if (!without || without->verdict != RehearsalVerdict::learns) return {};
  Finding finding;
  finding.severity = Severity::critical;
  finding.headline =
      fmt::format("the {} outputs leave the rectifier {}, and without it the network learns: {}",
                  examination.outputs.classes, examination.outputs.rectifier, without->reason);
  finding.evidence.push_back({.name = "loss without the rectifier at the output over that of a constant",
                              .value = without->share(),
                              .healthy = kLearnedShare,
                              .healthy_side = "<"});
  finding.why =
      "an output that is zero for every example has no gradient: its class is never learned, and a softmax "
      "takes zero for "
      "a score as good as another";
  finding.remedies = {{.kind = Remedy::Kind::bare_output}};
  return finding;
}

std::string silent(const Examination&, const Draw&, const Thresholds&, const Findings&) {
  return {};
}

}  // namespace

RuleRecord rectified_output_rule() {
  return {"rectified_output",
          "a rectifier behind the scores of classes, without which they are learned",
          {},
          {"dead_layer", "vanishing", "collapsed_domain", "redundant_units", "white_minibatch", "shattered",
           "stuck"},
          Showing::never,
          judge,
          silent};
}

}  // namespace shatterproof
