// SPDX-License-Identifier: Apache-2.0
#include "train/least_loss.h"

#include <ATen/ATen.h>
#include <torch/optim/lbfgs.h>

#include <cmath>
#include <exception>
#include <utility>

#include "shatterproof/core/interrupt.h"

namespace shatterproof {
namespace {

// Numbers that may be anything, and the outputs of a shape and a reach that they stand for.
class Free {
 public:
  Free(const at::Tensor& start, const OutputReach& reach, Outputs which)
      : least_(of_type(reach.least, start)), most_(of_type(reach.most, start)), sizes_(start.sizes().vec()) {
    const at::Tensor given = start.detach();
    const double size = given.square().mean().sqrt().item<double>();
    if (std::isfinite(size) && size > 1) unit_ = size;
    const at::Tensor from = which == Outputs::alike ? given.mean(0, /*keepdim=*/true) : given;
    numbers_ = inverse(from).clone().requires_grad_();
  }

  const at::Tensor& numbers() const { return numbers_; }
  at::Tensor outputs() const { return within(numbers_).expand(sizes_); }

 private:
  static at::Tensor of_type(const at::Tensor& bound, const at::Tensor& start) {
    return bound.defined() ? bound.to(start.options()) : bound;
  }

  // Of outputs that are alike for all examples the first one's.
  at::Tensor ends(const at::Tensor& bound, const at::Tensor& numbers) const {
    const bool is_row =
        bound.dim() == static_cast<int64_t>(sizes_.size()) && bound.size(0) != numbers.size(0);
    return is_row ? bound.narrow(0, 0, 1) : bound;
  }

  at::Tensor within(const at::Tensor& numbers) const {
    if (least_.defined() && most_.defined()) {
      const at::Tensor least = ends(least_, numbers);
      return least + (ends(most_, numbers) - least) * numbers.sigmoid();
    }
    if (least_.defined()) return ends(least_, numbers) + at::softplus(numbers);
    if (most_.defined()) return ends(most_, numbers) - at::softplus(numbers);
    return unit_ * numbers;
  }

  // Of what lies at an end, or beyond it, a number from which it can still move.
  at::Tensor inverse(const at::Tensor& outputs) const {
    constexpr double kMargin = .05;
    if (least_.defined() && most_.defined()) {
      const at::Tensor least = ends(least_, outputs);
      return at::logit((outputs - least) / (ends(most_, outputs) - least), kMargin);
    }
    if (!least_.defined() && !most_.defined()) return outputs / unit_;
    const at::Tensor above =
        least_.defined() ? outputs - ends(least_, outputs) : ends(most_, outputs) - outputs;
    return at::log(at::expm1(above.clamp(kMargin, 1 / kMargin)));
  }

  at::Tensor least_, most_;
  std::vector<int64_t> sizes_;
  double unit_ = 1;  // of large outputs their size, so that a step of the search is one of theirs
  at::Tensor numbers_;
};

}  // namespace

std::optional<LeastLoss> least_loss(const OwnLoss& loss, const std::vector<at::Tensor>& start,
                                    const OutputReach& reach, Outputs which) {
  // A round may end in its first line search, where it begins far away.
  constexpr int64_t kRounds = 5, kIterations = 40;
  const at::AutoGradMode differentiates(true);
  std::vector<Free> free;
  std::vector<at::Tensor> numbers;
  for (size_t i = 0; i < start.size(); ++i) {
    free.emplace_back(start[i], i == 0 ? reach : OutputReach(), which);
    numbers.push_back(free.back().numbers());
  }
  const auto outputs = [&] {
    std::vector<at::Tensor> made;
    for (const Free& one : free) made.push_back(one.outputs());
    return made;
  };
  // Nobody knows the loss's unit: the iterations end it, not how little it changes.
  constexpr double kNothing = 1e-15;
  torch::optim::LBFGS optimizer(numbers, torch::optim::LBFGSOptions(1)
                                             .max_iter(kIterations)
                                             .tolerance_grad(kNothing)
                                             .tolerance_change(kNothing)
                                             .line_search_fn("strong_wolfe"));
  const auto closure = [&] {
    throw_if_interrupted();
    optimizer.zero_grad();
    at::Tensor value = loss(outputs());
    value.backward();
    return value;
  };
  LeastLoss found;
  try {
    for (int64_t round = 0; round < kRounds; ++round) {
      optimizer.step(closure);
      found.before = std::exchange(found.loss, loss(outputs()).item<double>());
    }
  } catch (const Interrupted&) {
    throw;
  } catch (const std::exception&) {  // numbers that the user's code refuses
    return {};
  }
  if (!std::isfinite(found.loss)) return {};
  for (const at::Tensor& made : outputs()) found.outputs.push_back(made.detach());
  return found;
}

}  // namespace shatterproof
