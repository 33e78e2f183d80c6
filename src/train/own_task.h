// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

#include "shatterproof/run/tap_source.h"
#include "train/least_loss.h"
#include "train/task.h"

namespace shatterproof {

/// A loss of the user's, between the least that outputs which the network can make can have and the least of
/// those that are the same for all examples.
class OwnTask : public Task {
 public:
  OwnTask(OwnLoss loss, LeastLoss best, LeastLoss constant);

  at::Tensor loss(const std::vector<at::Tensor>& outputs) const override;
  at::Tensor loss_of_rows(const at::Tensor& rows) const override;
  int64_t numbers() const override;
  double constant_loss() const override { return constant_.loss; }
  double least_loss() const override { return best_.loss; }
  const RehearsalTask& description() const override { return description_; }

 private:
  OwnLoss loss_;
  LeastLoss best_, constant_;
  RehearsalTask description_;
};

/// The best of outputs within a reach, and of those alike for all examples, as far as they are found.
struct LossRange {
  std::optional<LeastLoss> best, constant;

  /// Whether the loss has these least values (it neither falls without end nor fails), and they differ.
  bool is_known() const;
};
LossRange loss_range(const OwnLoss& loss, const std::vector<at::Tensor>& outputs, const OutputReach& reach);

}  // namespace shatterproof
