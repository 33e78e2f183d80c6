// SPDX-License-Identifier: Apache-2.0
#include "measure/run_lengths.h"

#include <bit>

#include "measure/columns.h"

namespace shatterproof {
namespace {

// Counting bits is one instruction where the processor has it, and a table where it does not.
#if defined(__x86_64__)
#define SHATTERPROOF_COUNTS_BITS __attribute__((target_clones("popcnt", "default")))
#else
#define SHATTERPROOF_COUNTS_BITS
#endif

// Runs inside a word have at most 62 inputs: lengths from 1, 2, 4, ..., 32.
constexpr int kShortClasses = 6;

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

SHATTERPROOF_COUNTS_BITS
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

// Before the first input every unit counts as inactive for no input at all: a run of length 0, which
// by_bit_width_[0] collects and nobody reads.
void RunLengths::add(const ActivityBits& bits) {
  if (inputs_ == 0) {
    last_.assign(bits.words.size(), 0);
    open_.assign(bits.words.size(), 0);
  }
  check_columns(units(), static_cast<int64_t>(bits.words.size()));
  inputs_ += bits.inputs;
  finite_ = finite_ && bits.finite;
  add_runs(bits.words.data(), bits.words.size(), static_cast<int>(bits.inputs), last_.data(), open_.data(),
           by_bit_width_.data());
}

std::vector<int64_t> RunLengths::counts() const {
  std::array<int64_t, 65> all = by_bit_width_;
  for (const int64_t length : open_)
    ++all[static_cast<size_t>(std::bit_width(static_cast<uint64_t>(length)))];
  return {all.begin() + 1, all.begin() + 1 + std::bit_width(static_cast<uint64_t>(inputs_))};
}

}  // namespace shatterproof
