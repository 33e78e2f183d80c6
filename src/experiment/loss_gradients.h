// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "shatterproof/experiment/experiment.h"
#include "shatterproof/run/execution.h"

namespace shatterproof {

/// Gradients of the mean cross entropy with respect to parameters, as one step of training sees them.
///
/// Examples without labels get random ones, one for each example, or for each token where [examples, tokens,
/// classes] comes out.
class LossGradients {
 public:
  explicit LossGradients(const ExperimentRun& run);

  /// Why there are none; then nothing below may be called.
  const std::string& obstacle() const { return obstacle_; }
  const std::vector<TrainableParameter>& parameters() const { return parameters_; }
  /// Where the parameter of that name stands among them; -1: it does not train.
  int64_t place_of(const std::string& name) const;

  /// Of the mean over examples [first, first + count), one for each parameter, zeros where nothing arrives.
  std::vector<at::Tensor> of(int64_t first, int64_t count);
  /// Of the mean over the whole batch, run in mini-batches where the run asks for them.
  std::vector<at::Tensor> of_batch();
  /// The batch with labels [examples]; empty where tokens have them.
  std::optional<Batch> labelled() const;

 private:
  const ExperimentRun& run_;
  std::unique_ptr<Trainee> trainee_;
  std::vector<TrainableParameter> parameters_;
  std::string obstacle_;
  at::Tensor labels_;  // [examples] or [examples, tokens]
};

}  // namespace shatterproof
