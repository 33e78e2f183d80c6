// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "shatterproof/train/rehearsal.h"

namespace shatterproof {

/// What a rehearsal asks of the outputs for one batch, with its loss.
class Task {
 public:
  virtual ~Task() = default;
  /// Of what a pass gave; one number, differentiable.
  virtual at::Tensor loss(const std::vector<at::Tensor>& outputs) const = 0;
  /// The least that one prediction for all examples, of its own at each position, can have.
  virtual double constant_loss() const = 0;
  /// The least that there is.
  virtual double least_loss() const { return 0; }

  /// Of rows [examples, numbers()] that stand for the outputs, numbers of mean 0 and size 1.
  virtual at::Tensor loss_of_rows(const at::Tensor& rows) const = 0;
  virtual int64_t numbers() const = 0;
  virtual const RehearsalTask& description() const = 0;
};

}  // namespace shatterproof
