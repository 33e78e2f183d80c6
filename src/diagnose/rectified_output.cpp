// SPDX-License-Identifier: Apache-2.0
#include "diagnose/rectified_output.h"

#include <fmt/format.h>

namespace shatterproof {
namespace {

// Whether it is to blame, only a trial without it tells: networks of positive numbers end in one, and learn.
enum class Blame { untried, none, whole };

Blame blame(const std::optional<Rehearsal>& without) {
  if (!without || without->verdict == RehearsalVerdict::unjudged) return Blame::untried;
  return without->verdict == RehearsalVerdict::learns ? Blame::whole : Blame::none;
}

Severity severity(Blame blame) {
  switch (blame) {
    case Blame::whole:
      return Severity::critical;
    case Blame::none:
      return Severity::info;
    case Blame::untried:
      break;
  }
  return Severity::watch;
}

std::optional<Finding> judge_rectified_output(const Examination& examination, const Draw&, const Thresholds&,
                                              const Findings&) {
  const OutputFacts& outputs = examination.outputs;
  if (outputs.shut_outputs == 0) return {};
  const std::optional<Rehearsal>& without = examination.without_output_rectifier;
  const Blame blamed = blame(without);
  Finding finding;
  finding.severity = severity(blamed);
  finding.headline = fmt::format("the rectifier {} makes {} of {} outputs zero for each of {} examples",
                                 outputs.rectifier, outputs.shut_outputs, outputs.classes, outputs.examples);
  finding.evidence = {{.name = "outputs that are zero for every example",
                       .value = static_cast<double>(outputs.shut_outputs),
                       .healthy = 0,
                       .healthy_side = "<"}};
  finding.why =
      "an output that is zero for every example has no gradient: what it stands for is never learned, and a "
      "softmax takes zero for a score as good as another";
  if (blamed == Blame::untried) {
    finding.remedies = {{.kind = Remedy::Kind::bare_output}};
    return finding;
  }
  finding.evidence.push_back({.name = "loss without that rectifier over that of a constant",
                              .value = without->share(),
                              .healthy = kLearnedShare,
                              .healthy_side = "<"});
  if (blamed == Blame::none) {
    finding.why += fmt::format("; yet without it the network learns no better: {}", without->reason);
    return finding;
  }
  finding.why += fmt::format("; without it the network learns: {}", without->reason);
  finding.remedies = {{.kind = Remedy::Kind::bare_output}};
  return finding;
}

}  // namespace

RuleRecord rectified_output_rule() {
  return {"rectified_output",
          "a rectifier behind the outputs that keeps some of them from being learned",
          {},
          {"dead_layer", "vanishing", "collapsed_domain", "redundant_units", "white_minibatch", "shattered",
           "stuck"},
          Showing::never,
          judge_rectified_output,
          nullptr};
}

}  // namespace shatterproof
