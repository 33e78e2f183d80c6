// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "shatterproof/network/network.h"
#include "shatterproof/train/rehearsal.h"

namespace shatterproof {

/// Labels or targets for the examples of one batch, with their loss: random, or as the inputs say.
class RandomTask {
 public:
  /// `output` is the network's first output for the batch as it is, without a final softmax. With `numbers`
  /// [examples, n] labels and targets follow random directions of those: the side of the median that an
  /// example lies on, or how far along it lies.
  RandomTask(const Network& network, const at::Tensor& output, uint64_t seed, const at::Tensor& numbers = {});

  /// Mean over examples and positions; differentiable.
  at::Tensor loss(const at::Tensor& output) const { return loss_of_answers(chosen(output)); }
  /// Of answers [examples, positions, numbers] that were not picked from an output.
  at::Tensor loss_of_answers(const at::Tensor& made) const;
  /// Numbers of mean 0 and size 1 in the units of targets; logits in those of the loss.
  at::Tensor in_units_of_answers(const at::Tensor& made) const;
  /// The least that one prediction for all examples, of its own at each position, can have.
  double constant_loss() const;
  const RehearsalTask& description() const { return task_; }
  int64_t numbers() const { return numbers_; }  ///< of an answer: classes, or targets

 private:
  at::Tensor chosen(const at::Tensor& output) const;

  RehearsalTask task_;
  int64_t class_axis_ = 1;
  int64_t numbers_ = 1;
  double sharpness_ = 1;  // of logits that are bounded
  at::Tensor positions_;  // int64, of the flattened ones
  at::Tensor answers_;    // int64 [examples, positions] or float [examples, positions, numbers]
};

}  // namespace shatterproof
