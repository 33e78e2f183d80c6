// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <future>
#include <vector>

#include "shatterproof/dataset/augmentation.h"
#include "shatterproof/dataset/batch.h"

namespace shatterproof {

/// The mini-batches of training, step by step: every epoch all examples in an order of its own.
///
/// The order of an epoch sorts the examples by uniform numbers, a function of (seed, epoch) alone.
class MiniBatches {
 public:
  /// Inputs are made contiguous, on the CPU.
  MiniBatches(Batch examples, const Augmentation& augmentation, int64_t size, uint64_t seed);
  ~MiniBatches();

  int64_t per_epoch() const;
  int64_t examples() const { return examples_.examples(); }

  /// Of the step, counted from 0 over all epochs. That of the next step is then prepared beside the caller.
  Batch at(int64_t step);
  /// As they are: of an order that no epoch has.
  Batch plain(int64_t number) const;

 private:
  std::vector<int64_t> order_of(int64_t epoch) const;
  Batch made(const std::vector<int64_t>& order, const Augmentation& augmentation, int64_t epoch,
             int64_t number) const;
  Batch made(int64_t step);

  Batch examples_;
  Augmentation augmentation_;
  int64_t size_;
  uint64_t seed_;
  std::vector<int64_t> order_;  // of `epoch_`; touched by one thread at a time
  int64_t epoch_ = -1;
  std::future<Batch> next_;
  int64_t next_step_ = -1;
};

}  // namespace shatterproof
