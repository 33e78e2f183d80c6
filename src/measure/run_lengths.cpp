// SPDX-License-Identifier: Apache-2.0
#include "measure/run_lengths.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <bit>
#include <functional>
#include <mutex>

#include "measure/column_sums.h"
#include "measure/processor_clones.h"

namespace shatterproof {
namespace {

// Runs inside a word have at most 62 inputs: lengths from 1, 2, 4, ..., 32.
constexpr int kShortClasses = 6;
constexpr int64_t kUnitsWorthThread = 128;  // units; fewer are counted before a thread has begun

// at_least[k] += how many of the runs that `begun` has a bit for have length >= 2^k; `starts` has bits for
// those and for the run after each. A run is as long as that when none starts at the next 2^k - 1 places,
// which doubling finds for all runs at once.
inline void count_short_runs(uint64_t begun, uint64_t starts, int64_t* at_least) {
  uint64_t quiet = ~uint64_t{0};    // bit i: nothing starts at the next 2^k - 1 places
  uint64_t block = ~(starts >> 1);  // at the next 2^k places
  for (int k = 0; k < kShortClasses; ++k) {
    at_least[k] += std::popcount(begun & quiet);
    quiet &= block >> ((1 << k) - 1);
    block &= block >> (1 << k);
  }
}

// Counting bits is one instruction where the processor has it, and a table where it does not.
SHATTERPROOF_CLONES("popcnt")
void add_runs(const uint64_t* words, size_t units, int inputs, uint8_t* last, int64_t* open,
              int64_t* by_bit_width) {
  const uint64_t used = ~uint64_t{0} >> (64 - inputs);
  int64_t at_least[kShortClasses + 1] = {};
  for (size_t u = 0; u < units; ++u) {
    const uint64_t word = words[u];
    const uint64_t starts = (word ^ (word << 1 | last[u])) & used;
    last[u] = static_cast<uint8_t>(word >> (inputs - 1) & 1);
    if (starts == 0) {
      open[u] += inputs;
      continue;
    }
    const int first = std::countr_zero(starts), final = 63 - std::countl_zero(starts);
    ++by_bit_width[std::bit_width(static_cast<uint64_t>(open[u] + first))];
    count_short_runs(starts ^ uint64_t{1} << final, starts, at_least);
    open[u] = inputs - final;
  }
  for (int k = 0; k < kShortClasses; ++k) by_bit_width[k + 1] += at_least[k] - at_least[k + 1];
}

}  // namespace

RunLengths::Counts RunLengths::ended_runs(std::span<const ActivityBits> blocks, size_t begin, size_t end) {
  Counts counts{};
  for (const ActivityBits& bits : blocks)
    add_runs(bits.words.data() + begin, end - begin, static_cast<int>(bits.inputs), last_.data() + begin,
             open_.data() + begin, counts.data());
  return counts;
}

// Before the first input every unit counts as inactive for no input at all: a run of length 0, which
// by_bit_width_[0] collects and nobody reads.
void RunLengths::add(std::span<const ActivityBits> blocks) {
  for (const ActivityBits& bits : blocks) {
    if (inputs_ == 0) {
      last_.assign(bits.words.size(), 0);
      open_.assign(bits.words.size(), 0);
    }
    check_columns(units(), static_cast<int64_t>(bits.words.size()));
    inputs_ += bits.inputs;
    finite_ = finite_ && bits.finite;
  }
  std::mutex mutex;
  at::parallel_for(0, units(), kUnitsWorthThread, [&](int64_t begin, int64_t end) {
    const Counts counts = ended_runs(blocks, static_cast<size_t>(begin), static_cast<size_t>(end));
    const std::lock_guard lock(mutex);
    std::transform(counts.begin(), counts.end(), by_bit_width_.begin(), by_bit_width_.begin(), std::plus<>());
  });
}

std::vector<int64_t> RunLengths::counts() const {
  Counts all = by_bit_width_;
  for (const int64_t length : open_)
    ++all[static_cast<size_t>(std::bit_width(static_cast<uint64_t>(length)))];
  return {all.begin() + 1, all.begin() + 1 + std::bit_width(static_cast<uint64_t>(inputs_))};
}

}  // namespace shatterproof
