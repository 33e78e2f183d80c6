// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/run/execution.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "run/mini_batch.h"
#include "run/pass.h"
#include "shatterproof/core/error.h"

namespace shatterproof {
namespace {

// A graph that is frozen to some number of examples takes any multiple of it, in as many runs.
bool fits(const Input& input, const at::Tensor& tensor) {
  if (tensor.dim() != static_cast<int64_t>(input.shape.size())) return false;
  for (int64_t i = 0; i < tensor.dim(); ++i) {
    const int64_t size = input.shape[static_cast<size_t>(i)];
    if (size >= 0 && (i == 0 ? size == 0 || tensor.size(i) % size != 0 : size != tensor.size(i)))
      return false;
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
    // A number alone is nobody's example.
    if (tensors[i].dim() > 0 && tensors[0].dim() > 0 && tensors[i].size(0) != tensors[0].size(0))
      reject("run", "inputs must have equally many examples", "different ones");
  }
}

void reject_several_outputs(const Functional& functional, size_t outputs) {
  if (!wants_one_output(functional) || outputs == 1) return;
  reject("functional " + functional.text(), "the network must have one output", std::to_string(outputs));
}

void reject_unfit(const at::Tensor& factor, int64_t examples) {
  if (factor.dim() == 2 && factor.size(0) == examples) return;
  reject("jacobian", fmt::format("a factor must be [{} examples, numbers]", examples),
         fmt::format("[{}]", fmt::join(factor.sizes(), ", ")));
}

// Holds statistics for one batch when nobody has fixed them and the batch alone does not say what they are.
class HeldForBatch {
 public:
  HeldForBatch(Execution& execution, PassState& state, const Batch& batch, int64_t mini_batch)
      : state_(state) {
    if (state.options.batch_norm != BatchStatistics::detached || state.holds_statistics) return;
    if (!batch.statistics_inputs.empty()) {
      execution.hold_statistics(batch.statistics_inputs);
    } else if (mini_batch < batch.examples()) {
      execution.hold_statistics(batch.slice(0, mini_batch).inputs);
    }
    releases_ = state.holds_statistics;
  }
  ~HeldForBatch() {
    if (releases_) state_.holds_statistics = false;
  }

 private:
  PassState& state_;
  bool releases_ = false;
};

// A dropout that lasts for one pass.
class DropoutForPass {
 public:
  DropoutForPass(PassState& state, const Dropout& dropout) : state_(state) { state_.dropout = &dropout; }
  ~DropoutForPass() { state_.dropout = nullptr; }

 private:
  PassState& state_;
};

}  // namespace

struct Execution::State : PassState {};

Execution::Execution(const Network& network, const RunOptions& options)
    : Execution(plan_of(network, options), options) {}

Execution::Execution(std::shared_ptr<const Plan> plan, const RunOptions& options)
    : state_(std::make_unique<State>()) {
  reject_several_outputs(options.functional, plan->ending(options.functional).output_slots.size());
  state_->slots = plan->slots;
  state_->statistics.resize(plan->steps.size());
  state_->options = options;
  state_->plan = std::move(plan);
}

Execution::~Execution() = default;
Execution::Execution(Execution&&) noexcept = default;

const std::vector<Tap>& Execution::taps() const {
  return state_->plan->ending(state_->options.functional).taps;
}
const RunOptions& Execution::options() const {
  return state_->options;
}
const CoverageRecord& Execution::coverage() const {
  return state_->plan->coverage;
}

void Execution::hold_statistics(const std::vector<at::Tensor>& inputs) {
  check_fits(state_->plan->inputs, inputs);
  const at::NoGradGuard no_gradient;
  std::fill(state_->statistics.begin(), state_->statistics.end(), MomentsOverBatch());
  state_->holds_statistics = true;
  Pass(*state_, {}, 0).forward(inputs, false);
}

template <typename Visit>
void Execution::each_mini_batch(const Batch& batch, Visit visit) {
  check_fits(state_->plan->inputs, batch.inputs);
  const std::vector<MiniBatch> parts = mini_batches(state_->plan->inputs, batch, state_->options);
  const HeldForBatch held(*this, *state_, batch, parts.empty() ? 0 : parts.front().examples.examples());
  for (const MiniBatch& part : parts) visit(part.examples, part.first);
}

std::vector<at::Tensor> Execution::outputs(const Batch& batch) {
  const at::NoGradGuard no_gradient;
  std::vector<std::vector<at::Tensor>> parts(
      state_->plan->ending(state_->options.functional).output_slots.size());
  each_mini_batch(batch, [&](const Batch& part, int64_t first) {
    const std::vector<at::Tensor> outputs = Pass(*state_, {}, first).forward(part.inputs, false);
    for (size_t i = 0; i < outputs.size(); ++i) parts[i].push_back(outputs[i]);
  });
  std::vector<at::Tensor> joined;
  for (const auto& part : parts) joined.push_back(part.size() == 1 ? part[0] : at::cat(part, 0));
  return joined;
}

std::vector<TrainableParameter> Execution::trainable_parameters() {
  std::vector<TrainableParameter> leaves;
  for (const std::string& name : state_->plan->trainable) {
    at::Tensor& value = state_->slots[state_->plan->slot_number(name)];
    value = value.detach().clone().requires_grad_(true);
    leaves.push_back({name, value});
  }
  return leaves;
}

std::vector<at::Tensor> Execution::outputs_in_training(const Batch& batch, const Dropout& dropout) {
  check_fits(state_->plan->inputs, batch.inputs);
  const DropoutForPass at_work(*state_, dropout);
  return Pass(*state_, {}, 0).forward(batch.inputs, false);
}

void Execution::begin(const Batch& batch, std::span<Observer* const> observers) const {
  RunContext context;
  context.examples = batch.examples();
  context.along_path = batch.along_path;
  context.functional = state_->options.functional.text();
  context.batch_norm = to_string(state_->options.batch_norm);
  for (const at::Tensor& input : batch.inputs)
    context.input_numbers += context.examples ? input.numel() / context.examples : 0;
  for (Observer* observer : observers) observer->begin(context);
}

void Execution::observe_forward(const Batch& batch, std::span<Observer* const> observers) {
  const at::NoGradGuard no_gradient;
  begin(batch, observers);
  each_mini_batch(batch, [&](const Batch& part, int64_t first) {
    Pass(*state_, observers, first).forward(part.inputs, false);
  });
}

void Execution::run(const Batch& batch, std::span<Observer* const> observers) {
  begin(batch, observers);
  each_mini_batch(batch, [&](const Batch& part, int64_t first) {
    Pass pass(*state_, observers, first);
    pass.backward(pass.forward(part.inputs, true), part.labels);
  });
}

template <typename Products>
std::vector<at::Tensor> Execution::jacobian_products(const Batch& batch,
                                                     const std::vector<at::Tensor>& factors,
                                                     Products products) {
  for (const at::Tensor& factor : factors) reject_unfit(factor, batch.examples());
  std::vector<std::vector<at::Tensor>> parts(factors.size());
  each_mini_batch(batch, [&](const Batch& part, int64_t first) {
    Pass pass(*state_, {}, first);
    const std::vector<at::Tensor> outputs = pass.forward(part.inputs, true);
    std::vector<at::Tensor> rows;
    for (const at::Tensor& factor : factors) {
      const at::Tensor own = factor.narrow(0, first, part.examples());
      rows.push_back(own.to(state_->plan->device, state_->plan->dtype));
    }
    const std::vector<at::Tensor> made = products(pass, outputs, rows);
    for (size_t i = 0; i < made.size(); ++i) parts[i].push_back(made[i]);
  });
  std::vector<at::Tensor> joined;
  for (const auto& rows : parts) joined.push_back(rows.size() == 1 ? rows[0] : at::cat(rows, 0));
  return joined;
}

std::vector<at::Tensor> Execution::jacobian_transpose_times(const Batch& batch,
                                                            const std::vector<at::Tensor>& us) {
  return jacobian_products(batch, us, [](const Pass& pass, const auto& outputs, const auto& rows) {
    return pass.pull_back(outputs, rows);
  });
}

at::Tensor Execution::jacobian_times(const Batch& batch, const at::Tensor& v) {
  const auto push = [](const Pass& pass, const auto& outputs, const auto& rows) {
    return std::vector<at::Tensor>{pass.push_forward(outputs, rows[0])};
  };
  return jacobian_products(batch, {v}, push)[0];
}

at::Tensor Execution::input_gradient(const Batch& batch) {
  std::vector<at::Tensor> rows;
  each_mini_batch(batch, [&](const Batch& part, int64_t first) {
    Pass pass(*state_, {}, first);
    pass.backward(pass.forward(part.inputs, true), part.labels);
    rows.push_back(pass.input_gradient());
  });
  return rows.size() == 1 ? rows[0] : at::cat(rows, 0);
}

}  // namespace shatterproof
