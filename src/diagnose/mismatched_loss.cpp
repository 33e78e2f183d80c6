// SPDX-License-Identifier: Apache-2.0
#include "diagnose/mismatched_loss.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

namespace shatterproof {
namespace {

// What is left of cross entropy when probabilities that are all right are taken for logits: softmax of
// (1, 0, ..., 0), or sigmoid of 1.
double least_of_classes(int64_t classes) {
  return std::log1p(static_cast<double>(classes - 1) / std::exp(1.));
}
const double kLeastOfTwo = std::log1p(std::exp(-1.));

void add_least_loss(double least, Finding& finding) {
  finding.evidence.push_back(
      {.name = "loss where every answer is right", .value = least, .healthy = 0, .healthy_side = "<"});
}

// Anything may come out of these.
bool is_unbounded(const OutputFacts& outputs) {
  static const std::set<std::string> kLayers = {"Gemm", "MatMul", "Conv", "Add"};
  return kLayers.contains(outputs.last_op);
}

Finding doubled_softmax(const OutputFacts& outputs) {
  Finding finding;
  const double least = least_of_classes(outputs.classes);
  finding.headline = fmt::format("the loss takes a softmax of what the softmax {} gives", outputs.last);
  finding.why = fmt::format(
      "probabilities taken for logits: it cannot fall below {:.3g}, ln(1 + {} / e), with every answer right, "
      "and its gradient is small where the network is sure",
      least, outputs.classes - 1);
  add_least_loss(least, finding);
  finding.remedies = {
      look_at("leave out that softmax: a cross entropy of logits, as nn.CrossEntropyLoss, "
              "takes its own")};
  return finding;
}

Finding doubled_sigmoid(const OutputFacts& outputs) {
  Finding finding;
  finding.headline = fmt::format("the loss takes a sigmoid of what the sigmoid {} gives", outputs.last);
  finding.why = fmt::format(
      "probabilities taken for logits: of what is 1 it cannot fall below {:.3g}, ln(1 + 1 / e), of what is 0 "
      "not below ln 2",
      kLeastOfTwo);
  add_least_loss(kLeastOfTwo, finding);
  finding.remedies = {look_at("leave out that sigmoid, or take a loss of probabilities, as nn.BCELoss")};
  return finding;
}

Finding no_logarithm(const OutputFacts& outputs) {
  Finding finding;
  finding.headline =
      fmt::format("the loss takes log-probabilities, and {} ({}) gives none", outputs.last, outputs.last_op);
  finding.why = is_unbounded(outputs)
                    ? "it has no lower bound: a larger output for a label lowers it without end"
                    : "of probabilities it is their mean, whose gradient does not grow where the answer is "
                      "wrong";
  finding.remedies = {look_at(is_unbounded(outputs) ? "end in a log_softmax, or take nn.CrossEntropyLoss"
                                                    : "log_softmax in place of that softmax")};
  return finding;
}

Finding broadcast() {
  Finding finding;
  finding.headline = "the loss compares every output with the label of every example";
  finding.why =
      "their shapes differ, as (N, 1) and (N), and are broadcast to N x N: the answer that costs least is "
      "the "
      "labels' mean, for all examples alike";
  finding.remedies = {look_at("bring both to one shape: output.squeeze(-1), or labels.unsqueeze(-1)")};
  return finding;
}

// For whoever has not told the loss: a file has none.
Finding ends_in_softmax(const OutputFacts& outputs) {
  Finding finding;
  finding.severity = Severity::info;
  finding.headline = fmt::format("the outputs are probabilities: the softmax {} makes them", outputs.last);
  finding.why = fmt::format(
      "a loss that takes a softmax itself, as nn.CrossEntropyLoss, would take a second one and could not "
      "fall "
      "below {:.3g}",
      least_of_classes(outputs.classes));
  return finding;
}

std::optional<Finding> judge_mismatched_loss(const Examination& examination, const Draw&, const Thresholds&,
                                             const Findings&) {
  const OutputFacts& outputs = examination.outputs;
  const bool is_softmax = outputs.last_op == "Softmax" && outputs.classes >= 2;
  std::optional<Finding> finding;
  switch (outputs.loss_takes) {
    case LossInput::class_logits:
      if (is_softmax) finding = doubled_softmax(outputs);
      break;
    case LossInput::logits:
      if (outputs.last_op == "Sigmoid") finding = doubled_sigmoid(outputs);
      break;
    case LossInput::log_probabilities:
      if (is_softmax || is_unbounded(outputs)) finding = no_logarithm(outputs);
      break;
    case LossInput::broadcast:
      finding = broadcast();
      break;
    case LossInput::unknown:
      if (is_softmax && examination.initial_weights) return ends_in_softmax(outputs);
      break;
  }
  if (finding) finding->severity = Severity::watch;
  return finding;
}

}  // namespace

RuleRecord mismatched_loss_rule() {
  return {"mismatched_loss",
          "a loss that takes the outputs for what they are not",
          {},
          {},
          Showing::never,
          judge_mismatched_loss,
          nullptr};
}

}  // namespace shatterproof
