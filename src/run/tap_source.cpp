// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/run/tap_source.h"

#include <ATen/ATen.h>

#include <optional>
#include <stdexcept>

#include "run/mini_batch.h"
#include "shatterproof/run/dropout.h"
#include "shatterproof/run/execution.h"
#include "shatterproof/run/taps.h"

namespace shatterproof {
namespace {

[[noreturn]] void refuse() {
  throw std::logic_error("tap source: this one shows what it recorded and nothing else");
}

bool same_tensors(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const at::Tensor& one, const at::Tensor& other) { return one.is_same(other); });
}

class NetworkTrainee : public Trainee {
 public:
  NetworkTrainee(std::shared_ptr<const Plan> plan, const RunOptions& options)
      : execution_(std::move(plan), options), parameters_(execution_.trainable_parameters()) {}

  std::vector<TrainableParameter> parameters() const override { return parameters_; }
  std::vector<at::Tensor> outputs(const Batch& batch, const Dropout& dropout) override {
    return execution_.outputs_in_training(batch, dropout);
  }

 private:
  Execution execution_;
  std::vector<TrainableParameter> parameters_;
};

class NetworkSource : public TapSource {
 public:
  NetworkSource(const Network& network, const RunOptions& options)
      : network_(network), plan_(plan_of(network, options)) {}

  std::vector<Tap> taps(const RunOptions& options) override { return Execution(plan_, options).taps(); }
  void run(const Batch& batch, std::span<Observer* const> observers, const RunOptions& options) override {
    of(batch, options).run(batch, observers);
  }
  void observe_forward(const Batch& batch, std::span<Observer* const> observers,
                       const RunOptions& options) override {
    of(batch, options).observe_forward(batch, observers);
  }
  std::vector<at::Tensor> outputs(const Batch& batch, const RunOptions& options) override {
    return of(batch, options).outputs(batch);
  }
  at::Tensor input_gradient(const Batch& batch, const RunOptions& options) override {
    return of(batch, options).input_gradient(batch);
  }
  std::vector<at::Tensor> jacobian_transpose_times(const Batch& batch, const std::vector<at::Tensor>& us,
                                                   const RunOptions& options) override {
    return of(batch, options).jacobian_transpose_times(batch, us);
  }
  at::Tensor jacobian_times(const Batch& batch, const at::Tensor& v, const RunOptions& options) override {
    return of(batch, options).jacobian_times(batch, v);
  }
  int64_t examples_at_once(const Batch&) override { return frozen_batch(network_.inputs()); }
  std::unique_ptr<Trainee> trainee(const RunOptions& options) override {
    return std::make_unique<NetworkTrainee>(plan_, options);
  }
  const Network* graph() const override { return &network_; }
  const Network* network() const override { return &network_; }
  CoverageRecord coverage() const override { return Execution(plan_, {}).coverage(); }

 private:
  // The execution of the last call where nothing that it fixes has changed.
  Execution& of(const Batch& batch, const RunOptions& options) {
    const bool holds = options.batch_norm == BatchStatistics::detached && !batch.statistics_inputs.empty();
    const std::vector<at::Tensor> held = holds ? batch.statistics_inputs : std::vector<at::Tensor>();
    if (execution_ && execution_->options() == options && same_tensors(held_, held)) return *execution_;
    execution_.emplace(plan_, options);
    held_ = held;
    if (holds) execution_->hold_statistics(held);
    return *execution_;
  }

  const Network& network_;
  std::shared_ptr<const Plan> plan_;
  std::optional<Execution> execution_;
  std::vector<at::Tensor> held_;  // whose statistics it keeps
};

}  // namespace

std::optional<DropoutPlace> TapSource::dropout() const {
  return graph() ? heaviest_dropout(*graph()) : std::nullopt;
}
std::string TapSource::obstacle(const RunOptions&) const {
  return "";
}
std::vector<at::Tensor> TapSource::outputs(const Batch&, const RunOptions&) {
  refuse();
}
at::Tensor TapSource::input_gradient(const Batch&, const RunOptions&) {
  refuse();
}
std::vector<at::Tensor> TapSource::jacobian_transpose_times(const Batch&, const std::vector<at::Tensor>&,
                                                            const RunOptions&) {
  refuse();
}
at::Tensor TapSource::jacobian_times(const Batch&, const at::Tensor&, const RunOptions&) {
  refuse();
}

bool TapSource::set_parameters(const std::vector<Parameter>&) {
  return false;
}

std::unique_ptr<TapSource> TapSource::rewritten(const Network&) {
  return nullptr;
}

KeptPass TapSource::keep(const Batch&, const std::set<size_t>&, const RunOptions&) {
  refuse();
}

std::unique_ptr<Trainee> TapSource::trainee(const RunOptions&) {
  return nullptr;
}

OwnLoss TapSource::own_loss(const Batch&) {
  return {};
}

std::unique_ptr<TapSource> tap_source(const Network& network, const RunOptions& options) {
  return std::make_unique<NetworkSource>(network, options);
}

Batch with_statistics_inputs(const Batch& batch, const RunOptions& options) {
  Batch held = batch;
  if (options.batch_norm != BatchStatistics::detached || !batch.statistics_inputs.empty()) return held;
  const bool in_parts = options.mini_batch > 0 && options.mini_batch < batch.examples();
  held.statistics_inputs = in_parts ? batch.slice(0, options.mini_batch).inputs : batch.inputs;
  return held;
}

}  // namespace shatterproof
