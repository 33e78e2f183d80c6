// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "shatterproof/network/network.h"
#include "train/sight.h"
#include "train/task.h"

namespace shatterproof {

/// How what is asked differs from a random answer for each example and position.
struct Asking {
  /// [examples, n]: labels and targets follow random directions of these, the side of the median that an
  /// example lies on, or how far along it lies. Undefined: random.
  at::Tensor numbers;
  bool one_label = false;     ///< for all positions of an example
  bool one_position = false;  ///< alone is asked, the last one
  bool in_order = false;  ///< targets that rise, or fall, along the numbers of an answer as the output does
  /// Those numbers and positions are asked that depend on at least half as many parts of the inputs as any
  /// other. Empty: all alike.
  std::optional<Sight> sight;
};

/// Labels or targets for the examples of one batch, with their loss: random, or as the inputs say.
class RandomTask : public Task {
 public:
  /// `output` is the network's first output for the batch as it is, without a final softmax.
  RandomTask(const Network& network, const at::Tensor& output, uint64_t seed, const Asking& asking = {});

  /// Whether the numbers that are asked rise in every answer, or fall in every one.
  bool is_in_order(const at::Tensor& output) const;

  /// Which parts of the inputs any of what is asked depends on, bool; undefined without a sight.
  at::Tensor seen_parts() const;

  /// Mean over examples and positions, of the first output.
  at::Tensor loss(const std::vector<at::Tensor>& outputs) const override {
    return loss_of_answers(chosen(outputs.front()));
  }
  at::Tensor loss_of_rows(const at::Tensor& rows) const override;
  int64_t numbers() const override { return task_.positions * numbers_; }
  double constant_loss() const override;
  const RehearsalTask& description() const override { return task_; }

 private:
  at::Tensor all_positions(const at::Tensor& output) const;
  at::Tensor all_numbers(const at::Tensor& output) const;
  void look(const Sight& sight);
  at::Tensor chosen(const at::Tensor& output) const;
  at::Tensor loss_of_answers(const at::Tensor& made) const;  // [examples, positions, numbers]

  RehearsalTask task_;
  int64_t class_axis_ = 1;
  int64_t numbers_ = 1;   // of an answer: classes, or targets
  double sharpness_ = 1;  // of logits that are bounded
  at::Tensor positions_;  // int64, of the flattened ones
  at::Tensor logits_;     // int64, which numbers are asked; undefined: the first ones
  at::Tensor seen_;       // bool [parts, ...], of a sight
  at::Tensor answers_;    // int64 [examples, positions] or float [examples, positions, numbers]
};

}  // namespace shatterproof
