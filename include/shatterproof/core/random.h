// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace shatterproof {

/// 64-bit FNV-1a of a name: a stable key, the same on every machine.
uint64_t hash_name(std::string_view name);

/// Random numbers addressed by (seed, name, element): element i is a pure function of the three.
///
/// Philox4x64-10 (Salmon et al., 2011) with key (seed, hash_name(name)) and counter i / 4. Gaussians are
/// Box-Muller pairs of 52-bit uniforms in double precision, with logarithm, sine and cosine made of
/// additions, multiplications, divisions and square roots only, so that every machine draws the same bits
/// whatever its mathematics library and vector width.
class RandomStream {
 public:
  RandomStream(uint64_t seed, std::string_view name) : seed_(seed), name_hash_(hash_name(name)) {}

  /// Elements [first, first + out.size()) of the standard normal stream. `first` is a multiple of 4.
  void gaussian(std::span<double> out, uint64_t first = 0) const;
  /// float(std * z_i) for elements [0, out.size()) of the standard normal stream.
  void gaussian(std::span<float> out, double std) const;
  /// Elements [first, first + out.size()) of the stream of uniforms in (0, 1). `first` is a multiple of 4.
  void uniform(std::span<double> out, uint64_t first = 0) const;

 private:
  uint64_t seed_;
  uint64_t name_hash_;
};

}  // namespace shatterproof
