// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <optional>
#include <span>
#include <vector>

#include "run/plan.h"
#include "run/projection.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"

namespace shatterproof {

/// What changes while a plan runs.
struct PassState {
  std::shared_ptr<const Plan> plan;
  RunOptions options;
  std::vector<at::Tensor> slots;             // the plan's, values of a batch filled in and out
  std::vector<MomentsOverBatch> statistics;  // per step, under `detached`
  bool holds_statistics = false;
  const Dropout* dropout = nullptr;  // while a training step runs
};

/// One mini-batch on its way through the plan.
class Pass {
 public:
  Pass(PassState& state, std::span<Observer* const> observers, int64_t first_example)
      : plan_(*state.plan),
        state_(state),
        ending_(state.plan->ending(state.options.functional)),
        first_example_(first_example),
        gradient_shapes_(ending_.taps.size()) {
    for (const Tap& tap : ending_.taps) {
      forward_.emplace_back();
      backward_.emplace_back();
      for (Observer* observer : observers) {
        if (observer->wants_forward(tap)) forward_.back().push_back(observer);
        if (observer->wants_backward(tap)) backward_.back().push_back(observer);
      }
    }
  }

  ~Pass() { empty_slots(); }

  // Outputs of the network; what autograd keeps lives as long as they do.
  std::vector<at::Tensor> forward(const std::vector<at::Tensor>& inputs, bool with_gradients) {
    examples_ = inputs[0].size(0);
    with_gradients_ = with_gradients;
    for (size_t i = 0; i < inputs.size(); ++i) start(i, inputs[i]);
    for (size_t i = 0; i < plan_.steps.size(); ++i) run_step(i);
    std::vector<at::Tensor> outputs;
    for (const int slot : ending_.output_slots) outputs.push_back(state_.slots[static_cast<size_t>(slot)]);
    return outputs;
  }

  void backward(std::vector<at::Tensor> outputs, const at::Tensor& labels) {
    std::vector<at::Tensor> differentiated, gradients;
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (!outputs[i].requires_grad()) continue;
      gradients.push_back(output_gradient(state_.options.functional, ending_.output_names[i], outputs[i],
                                          labels, state_.options.seed, first_example_));
      differentiated.push_back(std::move(outputs[i]));
    }
    outputs.clear();
    empty_slots();
    if (!differentiated.empty()) torch::autograd::backward(differentiated, gradients);
    throw_if_interrupted();
    show_zero_gradients();
  }

  // After backward: gradients of the inputs, [examples, numbers] side by side.
  at::Tensor input_gradient() const {
    std::vector<at::Tensor> gradients;
    for (const at::Tensor& leaf : leaves_) gradients.push_back(leaf.grad());
    return side_by_side(gradients);
  }

  // J^T u for each u.
  std::vector<at::Tensor> pull_back(const std::vector<at::Tensor>& outputs,
                                    const std::vector<at::Tensor>& us) const {
    std::vector<at::Tensor> pulled;
    for (const at::Tensor& u : us)
      pulled.push_back(pulled_back(outputs, u, /*keeps_graph=*/pulled.size() + 1 < us.size(), false));
    return pulled;
  }

  // J v: J^T u is linear in u, and J v the derivative of <J^T u, v> with respect to u.
  at::Tensor push_forward(const std::vector<at::Tensor>& outputs, const at::Tensor& v) const {
    int64_t numbers = 0;
    for (const at::Tensor& output : outputs) numbers += examples_ == 0 ? 0 : output.numel() / examples_;
    const at::Tensor u = at::zeros({examples_, numbers}, v.options()).requires_grad_(true);
    const at::Tensor pulled = pulled_back(outputs, u, true, true);
    if (pulled.size(1) != v.size(1)) reject_numbers("J v", v);
    if (!pulled.requires_grad()) return at::zeros_like(u);
    const at::Tensor pushed = torch::autograd::grad({pulled}, {u}, {v}, false, false, true)[0];
    return pushed.defined() ? pushed : at::zeros_like(u);
  }

 private:
  // J^T u. Autograd's graph is kept for another product, or to differentiate this one.
  at::Tensor pulled_back(const std::vector<at::Tensor>& outputs, const at::Tensor& u, bool keeps_graph,
                         bool is_differentiable) const {
    std::vector<at::Tensor> differentiated, gradients;
    int64_t first = 0;
    for (const at::Tensor& output : outputs) {
      const int64_t numbers = examples_ == 0 ? 0 : output.numel() / examples_;
      if (first + numbers > u.size(1)) reject_numbers("J^T u", u);
      if (output.requires_grad()) {
        differentiated.push_back(output);
        gradients.push_back(u.narrow(1, first, numbers).reshape(output.sizes()));
      }
      first += numbers;
    }
    if (first != u.size(1)) reject_numbers("J^T u", u);
    std::vector<at::Tensor> pulled(leaves_.size());
    if (!differentiated.empty())
      pulled =
          torch::autograd::grad(differentiated, leaves_, gradients, keeps_graph, is_differentiable, true);
    throw_if_interrupted();
    return side_by_side(pulled);
  }

  [[noreturn]] static void reject_numbers(const char* product, const at::Tensor& given) {
    reject(product, "must have as many numbers per example as the network", std::to_string(given.size(1)));
  }

  // [examples, numbers] of one tensor per leaf; zeros where there is none.
  at::Tensor side_by_side(const std::vector<at::Tensor>& tensors) const {
    std::vector<at::Tensor> columns;
    for (size_t i = 0; i < leaves_.size(); ++i)
      columns.push_back(
          (tensors[i].defined() ? tensors[i] : at::zeros_like(leaves_[i])).reshape({examples_, -1}));
    if (columns.empty())
      reject("gradient", "the network must have a floating-point input or an embedding", "neither");
    return columns.size() == 1 ? columns[0] : at::cat(columns, 1);
  }

  void start(size_t input, const at::Tensor& given) {
    const auto slot = static_cast<size_t>(plan_.input_slots[input]);
    at::Tensor tensor = at::isFloatingType(plan_.inputs[input].dtype)
                            ? given.to(plan_.device, plan_.dtype)
                            : given.to(plan_.device, plan_.inputs[input].dtype);
    if (tensor.is_floating_point()) tensor = as_leaf(tensor);
    state_.slots[slot] = tensor;
    filled_.push_back(static_cast<int>(slot));
    for (const size_t tap : ending_.taps_of_input[input]) observe(tap, {&tensor, 1}, tensor);
  }

  // Where derivatives with respect to inputs start. A training step goes on through an embedding to its
  // table.
  at::Tensor as_leaf(const at::Tensor& tensor) {
    if (!with_gradients_) return tensor;
    at::Tensor leaf = tensor.detach();
    leaf.requires_grad_(true);
    leaves_.push_back(leaf);
    return leaf;
  }

  void run_step(size_t index) {
    throw_if_interrupted();
    const Step& step = plan_.steps[index];
    inputs_.clear();
    for (const int slot : step.inputs) {
      inputs_.push_back(slot < 0 ? at::Tensor() : state_.slots[static_cast<size_t>(slot)]);
    }
    OperatorCall call{step.node, inputs_, state_.options.batch_norm};
    call.floating = plan_.dtype;
    call.examples = examples_along(inputs_, step.depends_on_input, examples_);
    if (call.examples > 0 && state_.holds_statistics) call.statistics = &state_.statistics[index];
    std::vector<at::Tensor> outputs = evaluate(*step.row, call);
    if (state_.dropout && step.node.op == "Dropout") outputs[0] = state_.dropout->applied(step.node, inputs_);
    if (step.is_embedding) outputs[0] = as_leaf(outputs[0]);
    if (step.pre_activation >= 0) inputs_.assign(1, state_.slots[static_cast<size_t>(step.pre_activation)]);
    for (const size_t tap : ending_.taps_of_step[index])
      observe(tap, inputs_, outputs[step.tapped_output], step.batch_axis);
    inputs_.clear();
    for (size_t i = 0; i < step.outputs.size() && i < outputs.size(); ++i) {
      if (step.outputs[i] < 0) continue;
      state_.slots[static_cast<size_t>(step.outputs[i])] = std::move(outputs[i]);
      filled_.push_back(step.outputs[i]);
    }
    for (const int slot : step.last_uses) state_.slots[static_cast<size_t>(slot)] = at::Tensor();
  }

  // Observers see the batch first.
  void observe(size_t tap, std::span<const at::Tensor> inputs, const at::Tensor& output,
               int64_t batch_axis = 0) {
    const at::NoGradGuard no_gradient;
    const at::Tensor seen = batch_axis == 0 ? output : output.movedim(batch_axis, 0);
    for (Observer* observer : forward_[tap])
      observer->observe(ForwardTap{ending_.taps[tap], inputs, seen, first_example_});
    if (!with_gradients_ || backward_[tap].empty()) return;
    gradient_shapes_[tap] = seen.sizes().vec();
    if (!output.requires_grad()) return;
    output.register_hook([this, tap, batch_axis](const at::Tensor& gradient) {
      show_gradient(tap, batch_axis == 0 ? gradient : gradient.movedim(batch_axis, 0));
    });
  }

  void show_gradient(size_t tap, const at::Tensor& gradient) {
    const at::NoGradGuard no_gradient;
    gradient_shapes_[tap].reset();
    for (Observer* observer : backward_[tap])
      observer->observe(BackwardTap{ending_.taps[tap], gradient, first_example_});
  }

  // What the functional does not depend on has gradient zero: a result, not an omission.
  void show_zero_gradients() {
    for (size_t tap = 0; tap < gradient_shapes_.size(); ++tap) {
      if (!gradient_shapes_[tap]) continue;
      const auto options = at::TensorOptions().dtype(plan_.dtype).device(plan_.device);
      show_gradient(tap, at::zeros({}, options).expand(std::vector<int64_t>(*gradient_shapes_[tap])));
    }
  }

  void empty_slots() {
    for (const int slot : filled_) state_.slots[static_cast<size_t>(slot)] = at::Tensor();
  }

  const Plan& plan_;
  PassState& state_;
  const Ending& ending_;
  int64_t first_example_;
  int64_t examples_ = 0;
  bool with_gradients_ = false;
  std::vector<std::vector<Observer*>> forward_, backward_;            // per tap
  std::vector<std::optional<std::vector<int64_t>>> gradient_shapes_;  // per tap: awaited gradients
  std::vector<at::Tensor> inputs_;
  std::vector<at::Tensor> leaves_;
  std::vector<int> filled_;
};

}  // namespace shatterproof
