// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/network/network.h"
#include "shatterproof/results/record.h"
#include "shatterproof/run/dropout.h"
#include "shatterproof/run/run_options.h"
#include "shatterproof/run/tap.h"

namespace shatterproof {

/// A network made ready to run, whatever the functional and the batch statistics: operators looked up,
/// weights in the run's type and on its device, taps placed. Never changes; many executions share one, on any
/// thread.
struct Plan;

/// Of `options` dtype, device and every_node count. Throws std::invalid_argument when the device is unknown.
std::shared_ptr<const Plan> plan_of(const Network& network, const RunOptions& options);

/// A parameter that training changes: what is written into `value` is what later runs of its execution use.
struct TrainableParameter {
  std::string name;
  at::Tensor value;  ///< a leaf of autograd, in the type and on the device of the run
};

/// Runs of a plan with one functional and one kind of batch statistics.
///
/// Holds no tensor of a batch between calls but the statistics that `detached` keeps. Not for concurrent use;
/// several executions on several threads are independent.
class Execution {
 public:
  /// Throws std::invalid_argument when the device is unknown or the functional does not fit the outputs.
  Execution(const Network& network, const RunOptions& options);
  /// The same of a plan that was made with the same dtype, device and every_node.
  Execution(std::shared_ptr<const Plan> plan, const RunOptions& options);
  ~Execution();
  Execution(Execution&&) noexcept;

  const std::vector<Tap>& taps() const;
  const RunOptions& options() const;

  /// Outputs for a batch, without derivatives. Mini-batches are concatenated.
  std::vector<at::Tensor> outputs(const Batch& batch);

  /// Fixes the statistics of `detached` normalizations to those of these inputs, for all later runs.
  void hold_statistics(const std::vector<at::Tensor>& inputs);

  /// Forward and backward over the batch, every tap shown to the observers that want it, mini-batch after
  /// mini-batch. Under `detached` with several mini-batches, statistics are first fixed to those of the first
  /// mini-batch. Throws std::invalid_argument when the batch does not fit the network's inputs, Interrupted
  /// on Ctrl-C.
  void run(const Batch& batch, std::span<Observer* const> observers);

  /// The same forward only: observers see no gradients.
  void observe_forward(const Batch& batch, std::span<Observer* const> observers);

  /// Gradients with respect to the inputs, [examples, numbers] flattened and concatenated over inputs.
  at::Tensor input_gradient(const Batch& batch);

  /// Products with the Jacobian J = df/dx of the batch, outputs f (without a final softmax where the
  /// functional takes it off) and inputs x flattened and side by side. J^T u for each `u` [examples, numbers
  /// of f] is [examples, numbers of x], J v for `v` [examples, numbers of x] is [examples, numbers of f]. Row
  /// by row the Jacobians of single examples unless statistics couple them (`attached`). Cost: one forward
  /// pass and a backward pass for each u; for J v a backward pass and another through that one. Throws
  /// std::invalid_argument when the shape does not fit.
  std::vector<at::Tensor> jacobian_transpose_times(const Batch& batch, const std::vector<at::Tensor>& us);
  at::Tensor jacobian_times(const Batch& batch, const at::Tensor& v);

  /// Makes the network's trainable parameters leaves of autograd, copies of those of the network it was made
  /// from, and returns them in the network's order.
  std::vector<TrainableParameter> trainable_parameters();
  /// Outputs for a batch in one piece, with autograd's graph back to the trainable parameters and Dropout
  /// nodes at work. Throws std::invalid_argument when the batch does not fit, Interrupted on Ctrl-C.
  std::vector<at::Tensor> outputs_in_training(const Batch& batch, const Dropout& dropout);

  /// What of the graph is measured, approximated and skipped: the same in every run.
  const CoverageRecord& coverage() const;

 private:
  struct State;
  template <typename Visit>
  void each_mini_batch(const Batch& batch, Visit visit);
  template <typename Products>
  std::vector<at::Tensor> jacobian_products(const Batch& batch, const std::vector<at::Tensor>& factors,
                                            Products products);
  void begin(const Batch& batch, std::span<Observer* const> observers) const;

  std::unique_ptr<State> state_;
};

}  // namespace shatterproof
