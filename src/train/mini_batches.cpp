// SPDX-License-Identifier: Apache-2.0
#include "train/mini_batches.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "shatterproof/core/random.h"

namespace shatterproof {
namespace {

// The order that no epoch has: epochs count from 1.
constexpr int64_t kNoEpoch = 0;

at::Tensor chosen(const at::Tensor& labels, std::span<const int64_t> examples) {
  at::Tensor out = at::empty({static_cast<int64_t>(examples.size())}, at::kLong);
  int64_t* to = out.data_ptr<int64_t>();
  for (const int64_t example : examples) *to++ = labels.data_ptr<int64_t>()[example];
  return out;
}

}  // namespace

MiniBatches::MiniBatches(Batch examples, const Augmentation& augmentation, int64_t size, uint64_t seed)
    : examples_(std::move(examples)), augmentation_(augmentation), size_(size), seed_(seed) {
  for (at::Tensor& input : examples_.inputs) input = input.to(at::kCPU).contiguous();
  examples_.labels = examples_.labels.to(at::kCPU, at::kLong).contiguous();
}

MiniBatches::~MiniBatches() {
  if (next_.valid()) next_.wait();
}

int64_t MiniBatches::per_epoch() const {
  return (examples() + size_ - 1) / size_;
}

std::vector<int64_t> MiniBatches::order_of(int64_t epoch) const {
  std::vector<double> keys(static_cast<size_t>(examples()));
  RandomStream(seed_, fmt::format("order.epoch_{}", epoch)).uniform(keys);
  std::vector<int64_t> order(keys.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return keys[static_cast<size_t>(a)] < keys[static_cast<size_t>(b)];
  });
  return order;
}

Batch MiniBatches::made(const std::vector<int64_t>& order, const Augmentation& augmentation, int64_t epoch,
                        int64_t number) const {
  const int64_t first = number * size_, count = std::min(size_, examples() - first);
  const std::span<const int64_t> rows(order.data() + first, static_cast<size_t>(count));
  Batch batch;
  for (const at::Tensor& input : examples_.inputs)
    batch.inputs.push_back(augmented(input, augmentation, {rows, seed_, epoch, number}));
  batch.labels = chosen(examples_.labels, rows);
  batch.description = examples_.description;
  return batch;
}

Batch MiniBatches::made(int64_t step) {
  const int64_t epoch = step / per_epoch() + 1;
  if (epoch != epoch_) order_ = order_of(epoch);
  epoch_ = epoch;
  return made(order_, augmentation_, epoch, step % per_epoch());
}

Batch MiniBatches::at(int64_t step) {
  Batch batch;
  if (next_.valid()) batch = next_.get();
  if (next_step_ != step) batch = made(step);
  next_step_ = step + 1;
  next_ = std::async(std::launch::async, [this, step] { return made(step + 1); });
  return batch;
}

Batch MiniBatches::plain(int64_t number) const {
  return made(order_of(kNoEpoch), {}, kNoEpoch, number);
}

}  // namespace shatterproof
