// SPDX-License-Identifier: Apache-2.0
#include "live_pass.h"

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"

namespace shatterproof::python {
namespace {

// What measurements compute with.
at::Tensor widened(const at::Tensor& tensor) {
  const bool half = tensor.defined() && tensor.is_floating_point() && tensor.element_size() < 4;
  return half ? tensor.to(at::kFloat) : tensor;
}

at::TensorOptions shown_options(const at::Tensor& tensor) {
  return tensor.element_size() < 4 ? tensor.options().dtype(at::kFloat) : tensor.options();
}

int64_t numbers_of(const std::vector<at::Tensor>& outputs) {
  int64_t numbers = 0;
  for (const at::Tensor& output : outputs)
    numbers += output.dim() == 0 ? 1 : output.numel() / std::max<int64_t>(output.size(0), 1);
  return numbers;
}

void check_numbers(const char* product, int64_t expected, const at::Tensor& given) {
  if (given.size(1) != expected) {
    reject(product, "must have as many numbers per example as the model, " + std::to_string(expected),
           std::to_string(given.size(1)));
  }
}

}  // namespace

LivePass::LivePass(const std::vector<Tap>& taps, std::span<Observer* const> observers, int64_t first_example,
                   bool with_gradients)
    : taps_(taps),
      first_example_(first_example),
      with_gradients_(with_gradients),
      forward_(taps.size()),
      backward_(taps.size()),
      awaited_gradients_(taps.size()) {
  for (size_t i = 0; i < taps.size(); ++i) {
    for (Observer* observer : observers) {
      if (observer->wants_forward(taps[i])) forward_[i].push_back(observer);
      if (with_gradients && observer->wants_backward(taps[i])) backward_[i].push_back(observer);
    }
  }
}

at::Tensor LivePass::start_at(const at::Tensor& tensor) {
  at::Tensor start = tensor.detach();
  if (!with_gradients_ || !tensor.is_floating_point()) return start;
  start.requires_grad_(true);
  starts_.push_back(start);
  return start;
}

void LivePass::observe(size_t tap, const std::vector<at::Tensor>& inputs, const at::Tensor& output) {
  throw_if_interrupted();
  const at::NoGradGuard no_gradient;
  if (!forward_.at(tap).empty()) {
    std::vector<at::Tensor> seen;
    for (const at::Tensor& input : inputs) seen.push_back(widened(input));
    const at::Tensor shown = widened(output);
    for (Observer* observer : forward_[tap])
      observer->observe(ForwardTap{taps_[tap], seen, shown, first_example_});
  }
  if (backward_[tap].empty()) return;
  awaited_gradients_[tap] = at::zeros({}, shown_options(output)).expand(output.sizes());
  if (!output.requires_grad()) return;
  output.register_hook([this, tap](const at::Tensor& gradient) { show_gradient(tap, gradient); });
}

void LivePass::show_gradient(size_t tap, const at::Tensor& gradient) {
  const at::NoGradGuard no_gradient;
  awaited_gradients_[tap].reset();
  const at::Tensor shown = widened(gradient);
  for (Observer* observer : backward_[tap]) observer->observe(BackwardTap{taps_[tap], shown, first_example_});
}

// What the functional does not depend on has gradient zero: a result, not an omission.
void LivePass::show_zero_gradients() {
  for (size_t tap = 0; tap < awaited_gradients_.size(); ++tap) {
    if (awaited_gradients_[tap]) show_gradient(tap, at::Tensor(*awaited_gradients_[tap]));
  }
}

void LivePass::backward(const std::vector<at::Tensor>& outputs, const std::vector<at::Tensor>& gradients) {
  std::vector<at::Tensor> differentiated, started;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i].requires_grad()) continue;
    differentiated.push_back(outputs[i]);
    started.push_back(gradients[i]);
  }
  if (!differentiated.empty()) torch::autograd::backward(differentiated, started);
  throw_if_interrupted();
  show_zero_gradients();
}

at::Tensor LivePass::side_by_side(const std::vector<at::Tensor>& tensors, int64_t examples) const {
  std::vector<at::Tensor> columns;
  for (size_t i = 0; i < starts_.size(); ++i) {
    const at::Tensor& given = tensors[i];
    columns.push_back((given.defined() ? given : at::zeros_like(starts_[i])).reshape({examples, -1}));
  }
  if (columns.empty())
    reject("gradient", "the model must have a floating-point input or an embedding", "neither");
  return columns.size() == 1 ? columns[0] : at::cat(columns, 1);
}

at::Tensor LivePass::input_gradient(int64_t examples) const {
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& start : starts_) gradients.push_back(start.grad());
  return side_by_side(gradients, examples);
}

std::vector<at::Tensor> LivePass::pull_back(const std::vector<at::Tensor>& outputs,
                                            const std::vector<at::Tensor>& us) const {
  std::vector<at::Tensor> pulled;
  for (const at::Tensor& u : us)
    pulled.push_back(pulled_back(outputs, u, /*keeps_graph=*/pulled.size() + 1 < us.size(), false));
  return pulled;
}

// Autograd's graph is kept for another product, or to differentiate this one.
at::Tensor LivePass::pulled_back(const std::vector<at::Tensor>& outputs, const at::Tensor& u,
                                 bool keeps_graph, bool is_differentiable) const {
  check_numbers("J^T u", numbers_of(outputs), u);
  std::vector<at::Tensor> differentiated, gradients;
  int64_t first = 0;
  for (const at::Tensor& output : outputs) {
    const int64_t numbers = numbers_of({output});
    if (output.requires_grad()) {
      differentiated.push_back(output);
      gradients.push_back(u.narrow(1, first, numbers).reshape(output.sizes()).to(output.options()));
    }
    first += numbers;
  }
  std::vector<at::Tensor> pulled(starts_.size());
  if (!differentiated.empty())
    pulled = torch::autograd::grad(differentiated, starts_, gradients, keeps_graph, is_differentiable, true);
  throw_if_interrupted();
  return side_by_side(pulled, u.size(0)).to(u.device());
}

// J^T u is linear in u, and J v the derivative of <J^T u, v> with respect to u.
at::Tensor LivePass::push_forward(const std::vector<at::Tensor>& outputs, const at::Tensor& v) const {
  const at::Tensor u = at::zeros({v.size(0), numbers_of(outputs)}, v.options()).requires_grad_(true);
  const at::Tensor pulled = pulled_back(outputs, u, true, true);
  check_numbers("J v", pulled.size(1), v);
  if (!pulled.requires_grad()) return at::zeros_like(u);
  const at::Tensor pushed =
      torch::autograd::grad({pulled}, {u}, {v.to(pulled.options())}, false, false, true)[0];
  return pushed.defined() ? pushed : at::zeros_like(u);
}

}  // namespace shatterproof::python
