// SPDX-License-Identifier: Apache-2.0
#include "diagnose/coupled_examples.h"

#include <fmt/format.h>

namespace shatterproof {
namespace {

std::string place_to_look(const CoupledExamples& found) {
  if (found.op == "LSTM" || found.op == "GRU" || found.op == "RNN")
    return fmt::format(
        "{} runs along axis 0, which holds the examples: say batch_first=True, or bring the steps there",
        found.node);
  if (found.op == "Softmax" || found.op == "LogSoftmax")
    return fmt::format(
        "{} runs along axis 0, which holds the examples: give it the axis it is to choose along, dim=-1 or "
        "batch_first=True of an attention",
        found.node);
  if (found.op == "Reshape" || found.op == "Flatten")
    return fmt::format(
        "{} fills a row for each example from what does not hold them in its first axis: bring them there "
        "first, by a transpose or permute",
        found.node);
  return fmt::format("look at {}: axis 0 holds the examples, which it is to keep apart", found.node);
}

// By whoever built the network, for all that can be seen.
bool is_meant(const CoupledExamples& found) {
  return found.by_given_neighbours || found.by_statistics;
}

const char* why(const CoupledExamples& found) {
  if (found.by_given_neighbours)
    return "examples are mixed with the neighbours that were given for them, as over the nodes of a graph: "
           "only whole graphs make a batch";
  if (found.by_statistics)
    return "statistics of the batch take part, as in a norm that is written out: at batch size 1, or where "
           "the network is used, they are others";
  return "an example is answered by the company it is in: it cannot be told from its label alone, and "
         "another batch gives another answer";
}

// Along axis 0 the file mixes what lies there; whether these are steps, as was taken, only its user knows.
Finding axes_in_doubt(int64_t size) {
  Finding finding;
  finding.severity = Severity::watch;
  finding.headline = fmt::format(
      "steps and examples cannot be told apart: the file has {} along axis 0 and along axis 1, and mixes "
      "those "
      "of axis 0, which were taken for steps",
      size);
  finding.why = "if axis 0 holds the examples, as PyTorch's data do, every answer is made of all of them";
  finding.remedies = {look_at(
      "if axis 0 is the batch, take the mean or the steps along axis 1 (dim=1, batch_first=True); if it "
      "holds "
      "steps, export with another number of steps than of examples, or name the batch in dynamic_axes")};
  return finding;
}

std::optional<Finding> judge_coupled_examples(const Examination& examination, const Draw&,
                                              const Thresholds& thresholds, const Findings&) {
  const std::optional<CoupledExamples>& found = examination.coupled_examples;
  if (!found && examination.alike_axes > 0) return axes_in_doubt(examination.alike_axes);
  const double most = thresholds.value("coupled_examples.watch_change");
  if (!found || !(found->change > most)) return {};
  Finding finding;
  finding.severity = is_meant(*found) ? Severity::info : Severity::watch;
  finding.headline = fmt::format(
      "what comes out for an example changes by {:.2g} % with the other examples of its batch, first at {} "
      "({})",
      100 * found->change, found->node, found->op);
  finding.evidence.push_back({.name = "change of an output with the other examples",
                              .tap = found->node,
                              .value = found->change,
                              .healthy = most,
                              .healthy_side = "<"});
  finding.why = why(*found);
  if (!is_meant(*found)) finding.remedies = {look_at(place_to_look(*found))};
  return finding;
}

}  // namespace

RuleRecord coupled_examples_rule() {
  return {"coupled_examples",
          "examples of one batch that change one another's outputs",
          {},
          {"stuck"},
          Showing::never,
          judge_coupled_examples,
          nullptr};
}

}  // namespace shatterproof
