// SPDX-License-Identifier: Apache-2.0
#include "train/own_task.h"

#include <ATen/ATen.h>

#include <cmath>
#include <exception>
#include <limits>
#include <utility>

#include "shatterproof/core/interrupt.h"

namespace shatterproof {
namespace {

// Still falling at the end of the search: it has no least value, or none that is found.
bool falls_on(const LeastLoss& found, double width) {
  constexpr double kMuch = .05;
  return !(found.before - found.loss <= kMuch * width);
}

// Not a number where the user's code refuses the outputs, as probabilities that are none.
at::Tensor value_or_nan(const OwnLoss& loss, const std::vector<at::Tensor>& outputs) {
  try {
    return loss(outputs);
  } catch (const Interrupted&) {
    throw;
  } catch (const std::exception&) {
    return at::full({}, std::numeric_limits<double>::quiet_NaN());
  }
}

}  // namespace

LossRange loss_range(const OwnLoss& loss, const std::vector<at::Tensor>& outputs, const OutputReach& reach) {
  LossRange range;
  range.best = least_loss(loss, outputs, reach, Outputs::any);
  if (range.best) range.constant = least_loss(loss, outputs, reach, Outputs::alike);
  return range;
}

bool LossRange::is_known() const {
  constexpr double kLittle = 1e-4;
  if (!best || !constant) return false;
  const double width = constant->loss - best->loss;
  return width > kLittle * std::abs(constant->loss) && !falls_on(*best, width) && !falls_on(*constant, width);
}

OwnTask::OwnTask(OwnLoss loss, LeastLoss best, LeastLoss constant)
    : loss_(std::move(loss)), best_(std::move(best)), constant_(std::move(constant)) {
  description_.kind = RehearsalTask::Kind::own;
  description_.sentence = "the loss it is given";
}

int64_t OwnTask::numbers() const {
  int64_t numbers = 0;
  for (const at::Tensor& output : best_.outputs) numbers += output.numel() / output.size(0);
  return numbers;
}

// In the place and the size of the best outputs.
at::Tensor OwnTask::loss_of_rows(const at::Tensor& rows) const {
  std::vector<at::Tensor> outputs;
  int64_t first = 0;
  for (const at::Tensor& best : best_.outputs) {
    const int64_t numbers = best.numel() / best.size(0);
    const at::Tensor mean = best.mean(0, /*keepdim=*/true);
    const at::Tensor scale = (best - mean).square().mean().sqrt();
    const at::Tensor part = rows.narrow(1, first, numbers).to(best.options()).reshape(best.sizes());
    outputs.push_back(mean + scale * part);
    first += numbers;
  }
  return value_or_nan(loss_, outputs);
}

at::Tensor OwnTask::loss(const std::vector<at::Tensor>& outputs) const {
  return value_or_nan(loss_, outputs);
}

}  // namespace shatterproof
