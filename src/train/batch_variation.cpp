// SPDX-License-Identifier: Apache-2.0
#include "train/batch_variation.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <vector>

#include "shatterproof/core/random.h"

namespace shatterproof {
namespace {

// Of all numbers; of columns or channels so different that one of them makes all of it, each one's own.
at::Tensor deviation_of(const at::Tensor& input) {
  constexpr double kOneScale = 10;
  const at::Tensor numbers = input.to(at::kCPU, at::kDouble);
  if (numbers.dim() < 2 || numbers.size(1) < 2) return numbers.std();
  const at::Tensor own = numbers.transpose(0, 1).flatten(1).std(1, /*unbiased=*/false);
  const at::Tensor varying = own.masked_select(own.gt(0));
  if (varying.numel() == 0 || (varying.max() / varying.median()).item<double>() < kOneScale)
    return numbers.std();
  std::vector<int64_t> along(static_cast<size_t>(numbers.dim()), 1);
  along[1] = own.numel();
  return own.view(along);
}

}  // namespace

Batch moved(const Batch& batch, double part, uint64_t seed, int64_t step) {
  if (part == 0) return batch;
  Batch moved = batch;
  for (size_t i = 0; i < moved.inputs.size(); ++i) {
    const at::Tensor& input = batch.inputs[i];
    if (!at::isFloatingType(input.scalar_type()) || input.numel() < 2) continue;
    at::Tensor drawn = at::empty(input.sizes(), at::kFloat);
    RandomStream(seed, fmt::format("rehearsal/neighbourhood/{}/{}", i, step))
        .gaussian({drawn.data_ptr<float>(), static_cast<size_t>(drawn.numel())}, part);
    moved.inputs[i] = input + (drawn * deviation_of(input).to(at::kFloat)).to(input.options());
  }
  return moved;
}

at::Tensor order_at(int64_t examples, uint64_t seed, int64_t step) {
  at::Tensor drawn = at::empty({examples}, at::kDouble);
  RandomStream(seed, fmt::format("rehearsal/order/{}", step))
      .uniform({drawn.data_ptr<double>(), static_cast<size_t>(drawn.numel())});
  return drawn.argsort();
}

Batch reordered(const Batch& batch, const at::Tensor& order) {
  Batch other = batch;
  for (at::Tensor& input : other.inputs) {
    if (input.dim() > 0 && input.size(0) == batch.examples())
      input = input.index_select(0, order.to(input.device()));
  }
  return other;
}

}  // namespace shatterproof
