// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/core/random.h"

#include <Random123/philox.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>

namespace shatterproof {
namespace {

constexpr size_t kBlock = 4;     // words per Philox4x64 block
constexpr size_t kChunk = 1024;  // elements transformed at a time: stays in the first-level cache

// Elements depend on nothing but key and counter; the loops below are the same arithmetic at every vector
// width.
#if defined(__x86_64__)
#define SHATTERPROOF_VECTOR_WIDTHS __attribute__((target_clones("avx2", "default")))
#else
#define SHATTERPROOF_VECTOR_WIDTHS
#endif

// 52 random bits m as (m + 1/2) / 2^52: never 0, never 1, exact.
inline double unit_interval(uint64_t word) {
  return std::bit_cast<double>((word >> 12) | 0x3ff0000000000000U) - (1 - 0x1p-53);
}

// log(x) for normal x > 0: x = m 2^e, m in [sqrt 1/2, sqrt 2], log m = 2 atanh((m - 1) / (m + 1)) to s^21.
inline double natural_logarithm(double x) {
  const uint64_t bits = std::bit_cast<uint64_t>(x);
  double m = std::bit_cast<double>((bits & 0x000fffffffffffffU) | 0x3ff0000000000000U);
  double e = std::bit_cast<double>((bits >> 52) | 0x4330000000000000U) - (0x1p52 + 1023);
  const bool high = m > 1.4142135623730951;
  m = high ? m * 0.5 : m;
  e = high ? e + 1 : e;
  const double s = (m - 1) / (m + 1);
  const double z = s * s;
  double p = 1.0 / 21;
  p = p * z + 1.0 / 19;
  p = p * z + 1.0 / 17;
  p = p * z + 1.0 / 15;
  p = p * z + 1.0 / 13;
  p = p * z + 1.0 / 11;
  p = p * z + 1.0 / 9;
  p = p * z + 1.0 / 7;
  p = p * z + 1.0 / 5;
  p = p * z + 1.0 / 3;
  return e * 0.6931471805599453 + (2 * s + 2 * s * z * p);
}

struct Direction {
  double cosine, sine;
};

// Cosine and sine of 2 pi u: quarter turn k = round(4 u), then Taylor polynomials on [-pi/4, pi/4].
inline Direction direction(double u) {
  constexpr double kRound = 0x1.8p52;
  const double k = (4 * u + kRound) - kRound;
  const double x = (4 * u - k) * 1.5707963267948966;
  const double z = x * x;
  double s = 1.0 / 355687428096000.0;
  s = s * z - 1.0 / 1307674368000.0;
  s = s * z + 1.0 / 6227020800.0;
  s = s * z - 1.0 / 39916800.0;
  s = s * z + 1.0 / 362880.0;
  s = s * z - 1.0 / 5040.0;
  s = s * z + 1.0 / 120.0;
  s = s * z - 1.0 / 6.0;
  s = x + x * z * s;
  double c = 1.0 / 20922789888000.0;
  c = c * z - 1.0 / 87178291200.0;
  c = c * z + 1.0 / 479001600.0;
  c = c * z - 1.0 / 3628800.0;
  c = c * z + 1.0 / 40320.0;
  c = c * z - 1.0 / 720.0;
  c = c * z + 1.0 / 24.0;
  c = c * z - 1.0 / 2.0;
  c = 1 + z * c;
  const bool swapped = k == 1 || k == 3;
  const double cosine = swapped ? s : c;
  const double sine = swapped ? c : s;
  return {k == 1 || k == 2 ? -cosine : cosine, k == 2 || k == 3 ? -sine : sine};
}

SHATTERPROOF_VECTOR_WIDTHS
void to_uniforms(const uint64_t* words, double* out, size_t count) {
  for (size_t i = 0; i < count; ++i) out[i] = unit_interval(words[i]);
}

// Box-Muller on the pairs (radius[i], angle[i]); overwrites both with independent normals.
SHATTERPROOF_VECTOR_WIDTHS
void to_gaussians(const uint64_t* __restrict radius, const uint64_t* __restrict angle,
                  double* __restrict cosines, double* __restrict sines, size_t pairs) {
  for (size_t i = 0; i < pairs; ++i) {
    const double r = std::sqrt(-2 * natural_logarithm(unit_interval(radius[i])));
    const Direction d = direction(unit_interval(angle[i]));
    cosines[i] = r * d.cosine;
    sines[i] = r * d.sine;
  }
}

// Words of the blocks that hold elements [first, first + count), count <= kChunk. Rounds of several
// independent blocks are interleaved: one block alone waits for its multiplications.
void draw_words(uint64_t seed, uint64_t name_hash, uint64_t first, size_t count, uint64_t* words) {
  constexpr size_t kLanes = 2;
  constexpr unsigned kRounds = 10;
  for (size_t i = 0; i < count; i += kLanes * kBlock) {
    std::array<philox4x64_ctr_t, kLanes> block;
    for (size_t lane = 0; lane < kLanes; ++lane) block[lane] = {{(first + i) / kBlock + lane, 0, 0, 0}};
    philox4x64_key_t key = {{seed, name_hash}};
    for (unsigned round = 0; round < kRounds; ++round) {
      for (philox4x64_ctr_t& lane : block) lane = _philox4x64round(lane, key);
      key = _philox4x64bumpkey(key);
    }
    const size_t lanes = std::min(kLanes, (count - i) / kBlock);
    for (size_t lane = 0; lane < lanes; ++lane) std::copy_n(block[lane].v, kBlock, words + i + lane * kBlock);
  }
}

template <typename Transform>
void fill(uint64_t seed, uint64_t name_hash, std::span<double> out, uint64_t first, Transform transform) {
  assert(first % kBlock == 0);
  std::array<uint64_t, kChunk> words;
  std::array<double, kChunk> values;
  for (size_t done = 0; done < out.size(); done += kChunk) {
    const size_t count = std::min(kChunk, out.size() - done);
    const size_t whole_blocks = (count + kBlock - 1) / kBlock * kBlock;
    draw_words(seed, name_hash, first + done, whole_blocks, words.data());
    transform(words.data(), values.data(), whole_blocks);
    std::copy_n(values.begin(), count, out.begin() + static_cast<std::ptrdiff_t>(done));
  }
}

}  // namespace

uint64_t hash_name(std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

void RandomStream::uniform(std::span<double> out, uint64_t first) const {
  fill(seed_, name_hash_, out, first, to_uniforms);
}

void RandomStream::gaussian(std::span<double> out, uint64_t first) const {
  fill(seed_, name_hash_, out, first, [](const uint64_t* words, double* values, size_t count) {
    // A block's words 0, 1 are radii and 2, 3 angles; its elements 0..3 are cos, cos, sin, sin.
    constexpr size_t kHalf = kBlock / 2;
    std::array<uint64_t, kChunk / 2> radius, angle;
    std::array<double, kChunk / 2> cosines, sines;
    for (size_t i = 0; i < count; i += kBlock) {
      std::copy_n(words + i, kHalf, radius.begin() + i / 2);
      std::copy_n(words + i + kHalf, kHalf, angle.begin() + i / 2);
    }
    to_gaussians(radius.data(), angle.data(), cosines.data(), sines.data(), count / 2);
    for (size_t i = 0; i < count; i += kBlock) {
      std::copy_n(cosines.begin() + i / 2, kHalf, values + i);
      std::copy_n(sines.begin() + i / 2, kHalf, values + i + kHalf);
    }
  });
}

void RandomStream::gaussian(std::span<float> out, double std) const {
  std::array<double, kChunk> normals;
  for (size_t done = 0; done < out.size(); done += kChunk) {
    const size_t count = std::min(kChunk, out.size() - done);
    gaussian(std::span(normals).first(count), done);
    for (size_t i = 0; i < count; ++i) out[done + i] = static_cast<float>(std * normals[i]);
  }
}

}  // namespace shatterproof
