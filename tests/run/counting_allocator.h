// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <c10/core/Allocator.h>

#include <atomic>
#include <cstdint>
#include <cstring>

namespace shatterproof {

/// Counts the bytes that tensors hold on the CPU, and their peak, while it lives.
class CountingAllocator final : public c10::Allocator {
 public:
  CountingAllocator() : under_(c10::GetAllocator(c10::kCPU)) {
    c10::SetAllocator(c10::kCPU, this, kPriority);
  }
  ~CountingAllocator() override { c10::SetAllocator(c10::kCPU, under_, kPriority); }

  // LibTorch 1.13 asks a constant allocator and copies nothing by it, 2.x does the other of both.
  c10::DataPtr allocate(size_t bytes) const { return counted(bytes); }
  c10::DataPtr allocate(size_t bytes) { return counted(bytes); }
  void copy_data(void* to, const void* from, size_t bytes) const { std::memcpy(to, from, bytes); }
  c10::DeleterFnPtr raw_deleter() const override { return nullptr; }

  /// Bytes held at most since construction or the last call of `restart`, beyond those held then.
  int64_t peak() const { return peak_ - base_; }
  void restart() { peak_ = base_ = held_.load(); }

 private:
  static constexpr uint8_t kPriority = 200;
  struct Block {
    c10::DataPtr data;
    size_t bytes;
    const CountingAllocator* owner;
  };
  c10::DataPtr counted(size_t bytes) const {
    auto* block = new Block{under_->allocate(bytes), bytes, this};
    const int64_t now = held_ += static_cast<int64_t>(bytes);
    int64_t peak = peak_;
    while (now > peak && !peak_.compare_exchange_weak(peak, now)) {
    }
    return {block->data.get(), block, &release, c10::kCPU};
  }
  static void release(void* context) {
    auto* block = static_cast<Block*>(context);
    block->owner->held_ -= static_cast<int64_t>(block->bytes);
    delete block;
  }

  c10::Allocator* under_;
  mutable std::atomic<int64_t> held_{0}, peak_{0};
  int64_t base_ = 0;
};

}  // namespace shatterproof
