// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/run/accuracy.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "shatterproof/core/error.h"
#include "shatterproof/run/taps.h"

namespace shatterproof {
namespace {

at::Tensor log_probabilities(const Network& network, Execution& execution, const Batch& batch) {
  const at::Tensor output = execution.outputs(batch).front();
  const at::Tensor rows = output.to(at::kCPU, at::kDouble).reshape({output.size(0), -1});
  const bool runs_to_logits = wants_logits(execution.options().functional);
  const Node* softmax = runs_to_logits ? nullptr : final_softmax(network, network.outputs().front());
  if (!softmax) return at::log_softmax(rows, 1);
  return softmax->op == "Softmax" ? rows.log() : rows;
}

void check_labels(const at::Tensor& labels, int64_t classes) {
  if (classes < 2) reject("accuracy", "the network must have at least 2 outputs", std::to_string(classes));
  const int64_t smallest = labels.min().item<int64_t>(), largest = labels.max().item<int64_t>();
  if (smallest < 0 || largest >= classes) {
    reject("accuracy",
           fmt::format("labels must be from 0 to {}, as many as the network has outputs", classes - 1),
           std::to_string(smallest < 0 ? smallest : largest));
  }
}

}  // namespace

Accuracy accuracy_of(const Network& network, Execution& execution, const Batch& batch) {
  if (!batch.labels.defined()) {
    reject("accuracy", "needs labelled inputs: cifar10:PATH, mnist:PATH or .npy files with labels",
           "inputs without labels");
  }
  if (batch.examples() == 0) reject("accuracy", "needs at least 1 example", "0");
  const at::Tensor log_p = log_probabilities(network, execution, batch);
  check_labels(batch.labels, log_p.size(1));
  const at::Tensor labels = batch.labels.unsqueeze(1);
  return {log_p.argmax(1, true).eq(labels).to(at::kDouble).mean().item<double>(),
          -log_p.gather(1, labels).mean().item<double>(), batch.examples()};
}

}  // namespace shatterproof
