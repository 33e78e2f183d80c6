// SPDX-License-Identifier: Apache-2.0
#include "diagnose/rectified_output.h"

#include <fmt/format.h>

namespace shatterproof {
namespace {

// Whether it is to blame, only a trial without it tells: networks of positive numbers end in one, and learn.
bool learns_without(const Examination& examination) {
  const std::optional<Rehearsal>& without = examination.without_output_rectifier;
  return without && without->verdict == RehearsalVerdict::learns;
}

Evidence evidence(const Examination& examination) {
  if (learns_without(examination))
    return {.name = "loss without the rectifier at the output over that of a constant",
            .value = examination.without_output_rectifier->share(),
            .healthy = kLearnedShare,
            .healthy_side = "<"};
  return {.name = "outputs that are zero for every example",
          .value = static_cast<double>(examination.outputs.shut_outputs),
          .healthy = 0,
          .healthy_side = "<"};
}

std::optional<Finding> judge(const Examination& examination, const Draw&, const Thresholds&,
                             const Findings&) {
  const OutputFacts& outputs = examination.outputs;
  const bool is_to_blame = learns_without(examination);
  if (!is_to_blame && outputs.shut_outputs == 0) return {};
  Finding finding;
  finding.severity = is_to_blame ? Severity::critical : Severity::watch;
  finding.headline = fmt::format("the rectifier {} makes {} of {} outputs zero for every example",
                                 outputs.rectifier, outputs.shut_outputs, outputs.classes);
  finding.evidence = {evidence(examination)};
  finding.why =
      "an output that is zero for every example has no gradient: what it stands for is never learned, and a "
      "softmax takes "
      "zero for a score as good as another";
  if (is_to_blame)
    finding.why += fmt::format("; without the rectifier the network learns: {}",
                               examination.without_output_rectifier->reason);
  finding.remedies = {{.kind = Remedy::Kind::bare_output}};
  return finding;
}

std::string silent(const Examination&, const Draw&, const Thresholds&, const Findings&) {
  return {};
}

}  // namespace

RuleRecord rectified_output_rule() {
  return {"rectified_output",
          "a rectifier behind the outputs that keeps some of them from being learned",
          {},
          {"dead_layer", "vanishing", "collapsed_domain", "redundant_units", "white_minibatch", "shattered",
           "stuck"},
          Showing::never,
          judge,
          silent};
}

}  // namespace shatterproof
