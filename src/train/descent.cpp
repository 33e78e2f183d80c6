// SPDX-License-Identifier: Apache-2.0
#include "train/descent.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

std::unique_ptr<Trainee> trained(TapSource& source, const RunOptions& options) {
  std::unique_ptr<Trainee> trainee = source.trainee(options);
  if (!trainee) reject("training", "needs a network or a live model", "what only shows taps");
  return trainee;
}

}  // namespace

Descent::Descent(const Network& network, const RunOptions& options, std::string_view optimizer,
                 const LearningRateFactors& factors)
    : Descent(*tap_source(network, options), options, optimizer, factors) {}

Descent::Descent(TapSource& source, const RunOptions& options, std::string_view optimizer,
                 const LearningRateFactors& factors)
    : trainee_(trained(source, options)),
      parameters_(trainee_->parameters()),
      optimizer_(optimizer, parameters_, factors) {}

void Descent::differentiate(const at::Tensor& loss) {
  optimizer_.forget_gradients();
  // None where the outputs depend on no parameter.
  if (loss.requires_grad()) torch::autograd::backward({loss}, {});
}

// Norms are quick; one that overflows says nothing yet.
const TrainableParameter* Descent::non_finite_gradient() const {
  std::vector<at::Tensor> gradients;
  for (const TrainableParameter& parameter : parameters_) {
    if (parameter.value.grad().defined()) gradients.push_back(parameter.value.grad());
  }
  if (gradients.empty() || at::stack(at::_foreach_norm(gradients)).isfinite().all().item<bool>())
    return nullptr;
  for (const TrainableParameter& parameter : parameters_) {
    const at::Tensor& gradient = parameter.value.grad();
    if (gradient.defined() && !gradient.isfinite().all().item<bool>()) return &parameter;
  }
  return nullptr;
}

const TrainableParameter* Descent::non_finite_parameter() const {
  for (const TrainableParameter& parameter : parameters_) {
    if (!parameter.value.isfinite().all().item<bool>()) return &parameter;
  }
  return nullptr;
}

Network Descent::written_into(Network network) const {
  for (const TrainableParameter& parameter : parameters_) {
    const at::Tensor& stored = network.find_parameter(parameter.name)->value;
    network.set_parameter(
        parameter.name,
        parameter.value.detach().reshape(stored.sizes()).to(stored.options(), false, /*copy=*/true));
  }
  return network;
}

}  // namespace shatterproof
