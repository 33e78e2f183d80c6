// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shatterproof/dataset/batch.h"
#include "shatterproof/network/network.h"
#include "shatterproof/run/dropout.h"
#include "shatterproof/run/execution.h"
#include "shatterproof/run/tap_source.h"
#include "shatterproof/train/optimizer.h"

namespace shatterproof {

/// A network's trainable parameters going down a loss, step by step: what training, rehearsal and awakening
/// have in common.
class Descent {
 public:
  /// Throws what Execution and Optimizer throw.
  Descent(const Network& network, const RunOptions& options, std::string_view optimizer,
          const LearningRateFactors& factors = {});

  /// The same of a source that can be trained; throws std::invalid_argument when it cannot.
  Descent(TapSource& source, const RunOptions& options, std::string_view optimizer,
          const LearningRateFactors& factors = {});

  /// Of the batch in one piece, with autograd's graph back to the parameters.
  std::vector<at::Tensor> outputs(const Batch& batch, const Dropout& dropout) {
    return trainee_->outputs(batch, dropout);
  }
  /// Replaces the gradients by those of the loss.
  void differentiate(const at::Tensor& loss);
  /// From the gradients there are.
  void step(double rate) { optimizer_.step(rate); }

  /// The first parameter whose gradient, or whose numbers, are not all finite.
  const TrainableParameter* non_finite_gradient() const;
  const TrainableParameter* non_finite_parameter() const;

  const std::vector<TrainableParameter>& parameters() const { return parameters_; }
  Optimizer& optimizer() { return optimizer_; }
  const Optimizer& optimizer() const { return optimizer_; }
  /// `network`, of the same parameters, with the present ones.
  Network written_into(Network network) const;

 private:
  std::unique_ptr<Trainee> trainee_;
  std::vector<TrainableParameter> parameters_;
  Optimizer optimizer_;
};

}  // namespace shatterproof
