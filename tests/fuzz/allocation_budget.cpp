// SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/allocation_budget.h"

#include <c10/core/CPUAllocator.h>
#include <malloc.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

namespace shatterproof {
namespace {

std::atomic<int64_t> held = 0, most = 0, start = 0, budget = std::numeric_limits<int64_t>::max();

void note(int64_t bytes) {
  const int64_t now = held += bytes;
  if (now - start > budget) {
    std::fprintf(stderr, "allocated %lld bytes, over the budget\n", static_cast<long long>(now - start));
    std::abort();
  }
  if (now > most) most = now;  // one thread allocates at a time but for LibTorch's pool, which is idle here
}

void* allocated(size_t bytes, size_t alignment) {
  void* memory = nullptr;
  // Asked before it is done: an absurd size ends here and not in the machine's memory.
  if (bytes > static_cast<size_t>(std::numeric_limits<int64_t>::max())) return nullptr;
  note(static_cast<int64_t>(bytes));
  if (posix_memalign(&memory, alignment, bytes) != 0) memory = nullptr;
  held += (memory ? static_cast<int64_t>(malloc_usable_size(memory)) : 0) - static_cast<int64_t>(bytes);
  return memory;
}

void release(void* memory) {
  if (memory) held -= static_cast<int64_t>(malloc_usable_size(memory));
  std::free(memory);
}

class CountedAllocator : public c10::Allocator {
 public:
  // LibTorch 1.13 asks a constant allocator and copies nothing by it, 2.x does the other of both.
  c10::DataPtr allocate(size_t bytes) const { return given(bytes); }
  c10::DataPtr allocate(size_t bytes) { return given(bytes); }
  void copy_data(void* to, const void* from, size_t bytes) const { std::memcpy(to, from, bytes); }
  c10::DeleterFnPtr raw_deleter() const override { return release; }

 private:
  static c10::DataPtr given(size_t bytes) {
    constexpr size_t kAlignment = 64;
    void* memory = allocated(bytes, kAlignment);
    if (!memory) throw std::bad_alloc();
    return {memory, memory, release, c10::kCPU};
  }
};

}  // namespace

void set_allocation_budget(int64_t bytes) {
  static CountedAllocator allocator;
  constexpr uint8_t kPriority = 2;
  c10::SetAllocator(c10::kCPU, &allocator, kPriority);
  start = most = held.load();
  budget = bytes;
}

int64_t most_allocated() {
  return most - start;
}

void* counted(size_t bytes, size_t alignment) {
  if (void* memory = allocated(bytes, alignment)) return memory;
  throw std::bad_alloc();
}

void uncount(void* memory) {
  release(memory);
}

}  // namespace shatterproof

void* operator new(size_t bytes) {
  return shatterproof::counted(bytes, alignof(std::max_align_t));
}
void* operator new(size_t bytes, std::align_val_t alignment) {
  return shatterproof::counted(bytes, std::max(sizeof(void*), static_cast<size_t>(alignment)));
}
void operator delete(void* memory) noexcept {
  shatterproof::uncount(memory);
}
void operator delete(void* memory, size_t) noexcept {
  shatterproof::uncount(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  shatterproof::uncount(memory);
}
void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  shatterproof::uncount(memory);
}
