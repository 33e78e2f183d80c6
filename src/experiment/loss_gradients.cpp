// SPDX-License-Identifier: Apache-2.0
#include "experiment/loss_gradients.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>

#include "shatterproof/core/random.h"
#include "shatterproof/run/dropout.h"

namespace shatterproof {
namespace {

constexpr int64_t kAxesOfTokens = 3;

at::Tensor random_labels(at::IntArrayRef sizes, int64_t classes, uint64_t seed) {
  at::Tensor uniform = at::empty(sizes, at::kDouble);
  RandomStream(seed, "loss_gradients.labels")
      .uniform({uniform.data_ptr<double>(), static_cast<size_t>(uniform.numel())});
  return (uniform * static_cast<double>(classes)).floor().to(at::kLong).clamp_max(classes - 1);
}

bool has_tokens(const at::Tensor& labels) {
  return labels.dim() > 1;
}

}  // namespace

LossGradients::LossGradients(const ExperimentRun& run) : run_(run) {
  const Batch& batch = run.batch;
  if (run.graph().outputs().size() != 1) {
    obstacle_ = "several outputs: labels belong to one";
    return;
  }
  trainee_ = run.source.trainee(run.options);
  if (!trainee_) {
    obstacle_ = "it does not run as in training";
    return;
  }
  parameters_ = trainee_->parameters();
  const std::vector<at::Tensor> outputs =
      run.source.outputs(batch.slice(0, std::min<int64_t>(2, batch.examples())), run.options);
  if (outputs[0].dim() < 2 || outputs[0].flatten(1).size(1) < 2) {
    obstacle_ = "one number comes out for an example: there are no classes";
  } else if (batch.labels.defined()) {
    labels_ = batch.labels;
  } else if (outputs[0].dim() == kAxesOfTokens) {
    labels_ = random_labels({batch.examples(), outputs[0].size(1)}, outputs[0].size(2), run.options.seed);
  } else {
    labels_ = random_labels({batch.examples()}, outputs[0].flatten(1).size(1), run.options.seed);
  }
}

int64_t LossGradients::place_of(const std::string& name) const {
  const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                  [&](const TrainableParameter& one) { return one.name == name; });
  return found == parameters_.end() ? -1 : found - parameters_.begin();
}

std::vector<at::Tensor> LossGradients::of(int64_t first, int64_t count) {
  const at::Tensor output =
      trainee_->outputs(run_.batch.slice(first, count), Dropout{run_.options.seed, 0})[0];
  const at::Tensor labels = labels_.narrow(0, first, count).to(output.device());
  const at::Tensor logits = has_tokens(labels) ? output.flatten(0, 1) : output.flatten(1);
  const at::Tensor loss = at::cross_entropy_loss(logits, labels.flatten());
  std::vector<at::Tensor> values, found;
  for (const TrainableParameter& parameter : parameters_) values.push_back(parameter.value);
  if (loss.requires_grad()) found = torch::autograd::grad({loss}, values, {}, {}, false, true);
  found.resize(values.size());
  for (size_t i = 0; i < found.size(); ++i)
    found[i] = found[i].defined() ? found[i].detach() : at::zeros_like(values[i]);
  return found;
}

std::vector<at::Tensor> LossGradients::of_batch() {
  const int64_t all = run_.batch.examples();
  const int64_t at_once = run_.options.mini_batch > 0 ? std::min(run_.options.mini_batch, all) : all;
  std::vector<at::Tensor> sums;
  for (int64_t first = 0; first < all; first += at_once) {
    const int64_t count = std::min(at_once, all - first);
    const std::vector<at::Tensor> part = of(first, count);
    const double share = static_cast<double>(count) / static_cast<double>(all);
    if (sums.empty()) sums.resize(part.size());
    for (size_t i = 0; i < part.size(); ++i)
      sums[i] = sums[i].defined() ? sums[i] + share * part[i] : share * part[i];
  }
  return sums;
}

std::optional<Batch> LossGradients::labelled() const {
  if (has_tokens(labels_)) return {};
  Batch batch = run_.batch;
  batch.labels = labels_;
  return batch;
}

}  // namespace shatterproof
