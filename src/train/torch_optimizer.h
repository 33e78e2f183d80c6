// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "shatterproof/core/spec.h"

namespace shatterproof {

/// One of LibTorch's optimizers over a list of parameters, each with a learning rate of its own.
///
/// LibTorch's headers stay out of all other files: they take longer to compile than the rest together.
class TorchOptimizer {
 public:
  virtual ~TorchOptimizer() = default;

  virtual void step(const std::vector<double>& rates) = 0;
  /// What it remembers of a parameter, by name, on the CPU; empty before its first step.
  virtual std::map<std::string, at::Tensor> memory(const at::Tensor& parameter) = 0;
  /// Throws std::invalid_argument when the names or shapes are not those of a memory.
  virtual void remember(const at::Tensor& parameter, const std::map<std::string, at::Tensor>& memory) = 0;
};

using MakeTorchOptimizer = std::unique_ptr<TorchOptimizer>(const Spec& options,
                                                           const std::vector<at::Tensor>& parameters);

/// Options as the list of optimizers has them. Throws std::invalid_argument on a value out of range.
MakeTorchOptimizer make_sgd, make_adam, make_rmsprop;

}  // namespace shatterproof
