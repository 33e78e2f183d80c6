// SPDX-License-Identifier: Apache-2.0
#include "measure/activity_bits.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "measure/processor_clones.h"

namespace shatterproof {
namespace {

// Rows go into lanes as wide as the numbers themselves, eight rows at a time: a comparison is then a mask
// that needs no widening, and a lane is loaded and stored once for eight numbers.
constexpr int64_t kRowsAtOnce = 8;
constexpr int64_t kBlocksAtOnce = 16;
constexpr int64_t kNumbersWorthThread = int64_t{1}
                                        << 16;  // numbers; fewer are read before a thread has begun
constexpr int64_t kLanes = 1024;                // lanes of a block stay in the first cache

template <int64_t Rows, typename T, typename Lane>
[[gnu::always_inline]] inline bool add_rows(const T* x, int64_t stride, int64_t columns, Lane lowest_bit,
                                            Lane* lanes) {
  constexpr T kLargest = std::numeric_limits<T>::max();
  Lane not_finite = 0;
  for (int64_t j = 0; j < columns; ++j) {
    Lane lane = lanes[j];
    for (int64_t i = 0; i < Rows; ++i) {
      const T value = x[i * stride + j];
      lane |= value > 0 ? lowest_bit << i : Lane{0};
      not_finite |= std::abs(value) <= kLargest ? Lane{0} : Lane{1};
    }
    lanes[j] = lane;
  }
  return not_finite == 0;
}

// Bit i of lanes[j] is set when row i is positive in column j. Returns whether all numbers were finite.
template <typename T, typename Lane>
[[gnu::always_inline]] inline bool fill_lanes(const T* x, int64_t rows, int64_t stride, int64_t columns,
                                              Lane* lanes) {
  bool finite = true;
  std::fill_n(lanes, columns, Lane{0});
  int64_t row = 0;
  for (; row + kRowsAtOnce <= rows; row += kRowsAtOnce)
    finite &= add_rows<kRowsAtOnce>(x + row * stride, stride, columns, Lane{1} << row, lanes);
  for (; row < rows; ++row) finite &= add_rows<1>(x + row * stride, stride, columns, Lane{1} << row, lanes);
  return finite;
}

SHATTERPROOF_CLONES("avx2")
bool fill_words(const double* x, int64_t rows, int64_t stride, int64_t columns, uint64_t* words) {
  return fill_lanes(x, rows, stride, columns, words);
}

SHATTERPROOF_CLONES("avx2")
bool fill_words(const float* x, int64_t rows, int64_t stride, int64_t columns, uint64_t* words) {
  constexpr int64_t kLaneBits = 32;
  uint32_t low[kLanes], high[kLanes];
  const int64_t low_rows = std::min(rows, kLaneBits);
  bool finite = fill_lanes(x, low_rows, stride, columns, low);
  finite &= fill_lanes(x + low_rows * stride, rows - low_rows, stride, columns, high);
  for (int64_t j = 0; j < columns; ++j) words[j] = low[j] | uint64_t{high[j]} << kLaneBits;
  return finite;
}

template <typename T>
bool read_rows(const T* x, int64_t rows, int64_t units, uint64_t* words) {
  bool finite = true;
  for (int64_t first = 0; first < units; first += kLanes) {
    const int64_t columns = std::min(kLanes, units - first);
    finite &= fill_words(x + first, rows, units, columns, words + first);
  }
  return finite;
}

}  // namespace

void ActivityBits::read(const at::Tensor& z, int64_t first, int64_t count) {
  const int64_t units = z.size(1);
  inputs = count;
  words.resize(static_cast<size_t>(units));
  const bool is_double = z.scalar_type() == at::kDouble;
  finite = is_double ? read_rows(z.data_ptr<double>() + first * units, count, units, words.data())
                     : read_rows(z.data_ptr<float>() + first * units, count, units, words.data());
}

void each_activity(const at::Tensor& z,
                   const std::function<void(std::span<const ActivityBits> blocks, int64_t first)>& visit) {
  constexpr int64_t kInputs = ActivityBits::kMostInputs;
  std::vector<ActivityBits> blocks(kBlocksAtOnce);
  const int64_t grain = 1 + kNumbersWorthThread / (kInputs * std::max<int64_t>(1, z.size(1)));
  for (int64_t first = 0; first < z.size(0); first += kBlocksAtOnce * kInputs) {
    const int64_t rows = std::min(z.size(0) - first, kBlocksAtOnce * kInputs);
    const int64_t count = (rows + kInputs - 1) / kInputs;
    at::parallel_for(0, count, grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        blocks[static_cast<size_t>(i)].read(z, first + i * kInputs, std::min(kInputs, rows - i * kInputs));
    });
    visit({blocks.data(), static_cast<size_t>(count)}, first);
  }
}

}  // namespace shatterproof
