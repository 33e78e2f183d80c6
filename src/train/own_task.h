// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "shatterproof/network/network.h"
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

/// `outputs` are those of the network for the batch that the loss is of. Empty where the loss has no least
/// value (it falls without end, or cannot be evaluated), or hardly depends on which example is which.
std::unique_ptr<OwnTask> own_task(const Network& network, const std::vector<at::Tensor>& outputs,
                                  const OwnLoss& loss);

/// The best of outputs that may be any numbers within a reach, and of those alike for all examples; empty as
/// above.
struct LossRange {
  LeastLoss best, constant;
  double width() const { return constant.loss - best.loss; }
};
std::optional<LossRange> loss_range(const OwnLoss& loss, const std::vector<at::Tensor>& outputs,
                                    const OutputReach& reach);

}  // namespace shatterproof
