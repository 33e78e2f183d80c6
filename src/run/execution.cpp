// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/run/execution.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>

#include "run/plan.h"
#include "run/projection.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"

namespace shatterproof {
namespace {

bool fits(const Input& input, const at::Tensor& tensor) {
  if (tensor.dim() != static_cast<int64_t>(input.shape.size())) return false;
  for (int64_t i = 0; i < tensor.dim(); ++i) {
    const int64_t size = input.shape[static_cast<size_t>(i)];
    if (size >= 0 && size != tensor.size(i)) return false;
  }
  return true;
}

void check_fits(const std::vector<Input>& inputs, const std::vector<at::Tensor>& tensors) {
  if (tensors.size() != inputs.size()) {
    reject("run", fmt::format("the network has {} inputs", inputs.size()), std::to_string(tensors.size()));
  }
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!fits(inputs[i], tensors[i])) {
      reject(fmt::format("run: input '{}'", inputs[i].name),
             fmt::format("shape must be [{}] (-1: any)", fmt::join(inputs[i].shape, ", ")),
             fmt::format("[{}]", fmt::join(tensors[i].sizes(), ", ")));
    }
    if (tensors[i].size(0) != tensors[0].size(0))
      reject("run", "inputs must have equally many examples", "different ones");
  }
}

}  // namespace

// One mini-batch on its way through the plan.
class Pass {
 public:
  Pass(Execution::Plan& plan, std::span<Observer* const> observers, int64_t first_example)
      : plan_(plan),
        observers_(observers),
        first_example_(first_example),
        gradient_shapes_(plan.taps.size()) {
    for (const Tap& tap : plan.taps) {
      forward_.emplace_back();
      backward_.emplace_back();
      for (Observer* observer : observers) {
        if (observer->wants_forward(tap)) forward_.back().push_back(observer);
        if (observer->wants_backward(tap)) backward_.back().push_back(observer);
      }
    }
  }

  ~Pass() {
    for (const int slot : filled_) plan_.slots[static_cast<size_t>(slot)] = at::Tensor();
  }

  // Outputs of the network; what autograd keeps lives as long as they do.
  std::vector<at::Tensor> forward(const std::vector<at::Tensor>& inputs, bool with_gradients) {
    examples_ = inputs[0].size(0);
    with_gradients_ = with_gradients;
    for (size_t i = 0; i < inputs.size(); ++i) start(i, inputs[i]);
    for (size_t i = 0; i < plan_.steps.size(); ++i) run_step(i);
    std::vector<at::Tensor> outputs;
    for (const int slot : plan_.output_slots) outputs.push_back(plan_.slots[static_cast<size_t>(slot)]);
    return outputs;
  }

  void backward(std::vector<at::Tensor> outputs, const at::Tensor& labels) {
    std::vector<at::Tensor> differentiated, gradients;
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (!outputs[i].requires_grad()) continue;
      gradients.push_back(output_gradient(plan_.options.functional, plan_.output_names[i], outputs[i], labels,
                                          plan_.options.seed, first_example_));
      differentiated.push_back(std::move(outputs[i]));
    }
    outputs.clear();
    for (const int slot : plan_.output_slots) plan_.slots[static_cast<size_t>(slot)] = at::Tensor();
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

  // J^T u; a graph of its own is kept of it when it is to be differentiated again.
  at::Tensor pull_back(const std::vector<at::Tensor>& outputs, const at::Tensor& u, bool keeps_graph) const {
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
      pulled = torch::autograd::grad(differentiated, leaves_, gradients, keeps_graph, keeps_graph, true);
    throw_if_interrupted();
    return side_by_side(pulled);
  }

  // J v: J^T u is linear in u, and J v the derivative of <J^T u, v> with respect to u.
  at::Tensor push_forward(const std::vector<at::Tensor>& outputs, const at::Tensor& v) const {
    int64_t numbers = 0;
    for (const at::Tensor& output : outputs) numbers += examples_ == 0 ? 0 : output.numel() / examples_;
    const at::Tensor u = at::zeros({examples_, numbers}, v.options()).requires_grad_(true);
    const at::Tensor pulled = pull_back(outputs, u, true);
    if (pulled.size(1) != v.size(1)) reject_numbers("J v", v);
    if (!pulled.requires_grad()) return at::zeros_like(u);
    const at::Tensor pushed = torch::autograd::grad({pulled}, {u}, {v}, false, false, true)[0];
    return pushed.defined() ? pushed : at::zeros_like(u);
  }

 private:
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
                            ? given.to(plan_.device, plan_.options.dtype)
                            : given.to(plan_.device, plan_.inputs[input].dtype);
    if (tensor.is_floating_point()) tensor = as_leaf(tensor);
    plan_.slots[slot] = tensor;
    filled_.push_back(static_cast<int>(slot));
    for (const size_t tap : plan_.input_taps[input]) observe(tap, {&tensor, 1}, tensor);
  }

  at::Tensor as_leaf(const at::Tensor& tensor) {
    at::Tensor leaf = tensor.detach();
    if (with_gradients_) {
      leaf.requires_grad_(true);
      leaves_.push_back(leaf);
    }
    return leaf;
  }

  void run_step(size_t index) {
    throw_if_interrupted();
    const Step& step = plan_.steps[index];
    inputs_.clear();
    for (const int slot : step.inputs) {
      inputs_.push_back(slot < 0 ? at::Tensor() : plan_.slots[static_cast<size_t>(slot)]);
    }
    OperatorCall call{step.node, inputs_, plan_.options.batch_norm};
    call.floating = plan_.options.dtype;
    if (step.depends_on_input && inputs_[0].defined() && inputs_[0].dim() > 0 &&
        inputs_[0].size(0) == examples_) {
      call.examples = examples_;
      if (plan_.holds_statistics) call.statistics = &plan_.statistics[index];
    }
    std::vector<at::Tensor> outputs = evaluate(*step.row, call);
    if (plan_.dropout && step.node.op == "Dropout") outputs[0] = plan_.dropout->applied(step.node, inputs_);
    if (step.is_embedding) outputs[0] = as_leaf(outputs[0]);
    for (const size_t tap : step.taps) observe(tap, inputs_, outputs[step.tapped_output], step.batch_axis);
    inputs_.clear();
    for (size_t i = 0; i < step.outputs.size() && i < outputs.size(); ++i) {
      if (step.outputs[i] < 0) continue;
      plan_.slots[static_cast<size_t>(step.outputs[i])] = std::move(outputs[i]);
      filled_.push_back(step.outputs[i]);
    }
    for (const int slot : step.last_uses) plan_.slots[static_cast<size_t>(slot)] = at::Tensor();
  }

  // Observers see the batch first.
  void observe(size_t tap, std::span<const at::Tensor> inputs, const at::Tensor& output,
               int64_t batch_axis = 0) {
    const at::NoGradGuard no_gradient;
    const at::Tensor seen = batch_axis == 0 ? output : output.movedim(batch_axis, 0);
    for (Observer* observer : forward_[tap])
      observer->observe(ForwardTap{plan_.taps[tap], inputs, seen, first_example_});
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
      observer->observe(BackwardTap{plan_.taps[tap], gradient, first_example_});
  }

  // What the functional does not depend on has gradient zero: a result, not an omission.
  void show_zero_gradients() {
    for (size_t tap = 0; tap < gradient_shapes_.size(); ++tap) {
      if (!gradient_shapes_[tap]) continue;
      const auto options = at::TensorOptions().dtype(plan_.options.dtype).device(plan_.device);
      show_gradient(tap, at::zeros({}, options).expand(std::vector<int64_t>(*gradient_shapes_[tap])));
    }
  }

  Execution::Plan& plan_;
  std::span<Observer* const> observers_;
  int64_t first_example_;
  int64_t examples_ = 0;
  bool with_gradients_ = false;
  std::vector<std::vector<Observer*>> forward_, backward_;            // per tap
  std::vector<std::optional<std::vector<int64_t>>> gradient_shapes_;  // per tap: awaited gradients
  std::vector<at::Tensor> inputs_;
  std::vector<at::Tensor> leaves_;
  std::vector<int> filled_;
};

Execution::Execution(const Network& network, const RunOptions& options)
    : plan_(std::make_unique<Plan>(network, options)) {}
Execution::~Execution() = default;
Execution::Execution(Execution&&) noexcept = default;

const std::vector<Tap>& Execution::taps() const {
  return plan_->taps;
}
const RunOptions& Execution::options() const {
  return plan_->options;
}
const Coverage& Execution::coverage() const {
  return plan_->coverage;
}

void Execution::hold_statistics(const std::vector<at::Tensor>& inputs) {
  check_fits(plan_->inputs, inputs);
  const at::NoGradGuard no_gradient;
  std::fill(plan_->statistics.begin(), plan_->statistics.end(), MomentsOverBatch());
  plan_->holds_statistics = true;
  Pass(*plan_, {}, 0).forward(inputs, false);
}

// Holds statistics for one batch when nobody has fixed them and the batch alone does not say what they are.
class HeldForBatch {
 public:
  HeldForBatch(Execution& execution, Execution::Plan& plan, const Batch& batch, int64_t mini_batch)
      : plan_(plan) {
    if (plan.options.batch_norm != BatchStatistics::detached || plan.holds_statistics) return;
    if (!batch.statistics_inputs.empty()) {
      execution.hold_statistics(batch.statistics_inputs);
    } else if (mini_batch < batch.examples()) {
      execution.hold_statistics(batch.slice(0, mini_batch).inputs);
    }
    releases_ = plan.holds_statistics;
  }
  ~HeldForBatch() {
    if (releases_) plan_.holds_statistics = false;
  }

 private:
  Execution::Plan& plan_;
  bool releases_ = false;
};

template <typename Visit>
void Execution::each_mini_batch(const Batch& batch, Visit visit) {
  check_fits(plan_->inputs, batch.inputs);
  const int64_t examples = batch.examples();
  const int64_t mini_batch =
      plan_->options.mini_batch > 0 ? std::min(plan_->options.mini_batch, examples) : examples;
  const HeldForBatch held(*this, *plan_, batch, mini_batch);
  for (int64_t first = 0; first < examples; first += mini_batch) {
    const int64_t count = std::min(mini_batch, examples - first);
    visit(count == examples ? batch : batch.slice(first, count), first);
  }
}

std::vector<at::Tensor> Execution::outputs(const Batch& batch) {
  const at::NoGradGuard no_gradient;
  std::vector<std::vector<at::Tensor>> parts(plan_->output_slots.size());
  each_mini_batch(batch, [&](const Batch& part, int64_t first) {
    const std::vector<at::Tensor> outputs = Pass(*plan_, {}, first).forward(part.inputs, false);
    for (size_t i = 0; i < outputs.size(); ++i) parts[i].push_back(outputs[i]);
  });
  std::vector<at::Tensor> joined;
  for (const auto& part : parts) joined.push_back(part.size() == 1 ? part[0] : at::cat(part, 0));
  return joined;
}

std::vector<TrainableParameter> Execution::trainable_parameters() {
  std::vector<TrainableParameter> leaves;
  for (const std::string& name : plan_->trainable) {
    at::Tensor& value = plan_->value_of(name);
    value = value.detach().clone().requires_grad_(true);
    leaves.push_back({name, value});
  }
  return leaves;
}

std::vector<at::Tensor> Execution::outputs_in_training(const Batch& batch, const Dropout& dropout) {
  check_fits(plan_->inputs, batch.inputs);
  plan_->dropout = &dropout;
  try {
    std::vector<at::Tensor> outputs = Pass(*plan_, {}, 0).forward(batch.inputs, false);
    plan_->dropout = nullptr;
    return outputs;
  } catch (...) {
    plan_->dropout = nullptr;
    throw;
  }
}

void Execution::begin(const Batch& batch, std::span<Observer* const> observers) const {
  RunContext context;
  context.examples = batch.examples();
  context.along_path = batch.along_path;
  context.functional = plan_->options.functional.text();
  context.batch_norm = to_string(plan_->options.batch_norm);
  for (const at::Tensor& input : batch.inputs)
    context.input_numbers += context.examples ? input.numel() / context.examples : 0;
  for (Observer* observer : observers) observer->begin(context);
}

void Execution::observe_forward(const Batch& batch, std::span<Observer* const> observers) {
  const at::NoGradGuard no_gradient;
  begin(batch, observers);
  each_mini_batch(batch, [&](const Batch& part, int64_t first) {
    Pass(*plan_, observers, first).forward(part.inputs, false);
  });
}

void Execution::run(const Batch& batch, std::span<Observer* const> observers) {
  begin(batch, observers);
  each_mini_batch(batch, [&](const Batch& part, int64_t first) {
    Pass pass(*plan_, observers, first);
    pass.backward(pass.forward(part.inputs, true), part.labels);
  });
}

template <typename Product>
at::Tensor Execution::jacobian_product(const Batch& batch, const at::Tensor& factor, Product product) {
  if (factor.dim() != 2 || factor.size(0) != batch.examples()) {
    reject("jacobian", fmt::format("a factor must be [{} examples, numbers]", batch.examples()),
           fmt::format("[{}]", fmt::join(factor.sizes(), ", ")));
  }
  std::vector<at::Tensor> rows;
  each_mini_batch(batch, [&](const Batch& part, int64_t first) {
    Pass pass(*plan_, {}, first);
    const std::vector<at::Tensor> outputs = pass.forward(part.inputs, true);
    rows.push_back(product(pass, outputs,
                           factor.narrow(0, first, part.examples()).to(plan_->device, plan_->options.dtype)));
  });
  return rows.size() == 1 ? rows[0] : at::cat(rows, 0);
}

at::Tensor Execution::jacobian_transpose_times(const Batch& batch, const at::Tensor& u) {
  return jacobian_product(batch, u, [](const Pass& pass, const auto& outputs, const at::Tensor& factor) {
    return pass.pull_back(outputs, factor, false);
  });
}

at::Tensor Execution::jacobian_times(const Batch& batch, const at::Tensor& v) {
  return jacobian_product(batch, v, [](const Pass& pass, const auto& outputs, const at::Tensor& factor) {
    return pass.push_forward(outputs, factor);
  });
}

at::Tensor Execution::input_gradient(const Batch& batch) {
  std::vector<at::Tensor> rows;
  each_mini_batch(batch, [&](const Batch& part, int64_t first) {
    Pass pass(*plan_, {}, first);
    pass.backward(pass.forward(part.inputs, true), part.labels);
    rows.push_back(pass.input_gradient());
  });
  return rows.size() == 1 ? rows[0] : at::cat(rows, 0);
}

}  // namespace shatterproof
