// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/core/random.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <vector>

namespace shatterproof::random_test {
namespace {

std::vector<double> gaussian(uint64_t seed, const char* name, size_t count, uint64_t first = 0) {
  std::vector<double> values(count);
  RandomStream(seed, name).gaussian(values, first);
  return values;
}

TEST(RandomStream, ElementDependsOnNothingButSeedNameAndIndex) {
  const std::vector<double> whole = gaussian(7, "layer_1.weight", 5000);
  const std::vector<double> part = gaussian(7, "layer_1.weight", 1001, 2004);
  for (size_t i = 0; i < part.size(); ++i) EXPECT_EQ(part[i], whole[2004 + i]) << i;
  EXPECT_NE(gaussian(7, "layer_2.weight", 4), gaussian(7, "layer_1.weight", 4));
  EXPECT_NE(gaussian(8, "layer_1.weight", 4), gaussian(7, "layer_1.weight", 4));
}

TEST(RandomStream, GaussianIsBoxMullerOfTheUniforms) {
  std::vector<double> u(4096);
  RandomStream(3, "x").uniform(u);
  const std::vector<double> z = gaussian(3, "x", 4096);
  constexpr double kUlps = 4e-15;  // a few units in the last place of values up to 9
  for (size_t block = 0; block < u.size(); block += 4) {
    for (size_t i = 0; i < 2; ++i) {
      const double r = std::sqrt(-2 * std::log(u[block + i]));
      const double angle = 2 * M_PI * u[block + i + 2];
      ASSERT_NEAR(z[block + i], r * std::cos(angle), kUlps);
      ASSERT_NEAR(z[block + i + 2], r * std::sin(angle), kUlps);
    }
  }
}

TEST(RandomStream, MomentsAreThoseOfAStandardNormal) {
  const size_t n = 1 << 20;
  const std::vector<double> z = gaussian(1, "moments", n);
  double sum = 0, square = 0, fourth = 0;
  for (const double v : z) {
    sum += v;
    square += v * v;
    fourth += v * v * v * v;
  }
  const double standard_error = 1 / std::sqrt(static_cast<double>(n));
  EXPECT_NEAR(sum / n, 0, 4 * standard_error);
  EXPECT_NEAR(square / n, 1, 4 * std::sqrt(2.0) * standard_error);
  EXPECT_NEAR(fourth / n, 3, 4 * std::sqrt(96.0) * standard_error);
}

TEST(RandomStream, UniformsFillTheOpenUnitInterval) {
  const size_t n = 1 << 20;
  std::vector<double> u(n);
  RandomStream(2, "uniforms").uniform(u);
  double sum = 0;
  for (const double v : u) {
    ASSERT_GT(v, 0);
    ASSERT_LT(v, 1);
    sum += v;
  }
  EXPECT_NEAR(sum / n, 0.5, 4 * std::sqrt(1.0 / 12 / n));
}

TEST(RandomStream, NeighboursSeedsAndNamesAreUncorrelated) {
  const size_t n = 1 << 18;
  const std::vector<double> z = gaussian(5, "a", n + 3);
  const double bound = 4.5 / std::sqrt(static_cast<double>(n));  // standard errors of a correlation
  const auto correlation = [&](const std::vector<double>& other, size_t shift) {
    double sum = 0;
    for (size_t i = 0; i < n; ++i) sum += z[i] * other[i + shift];
    return sum / static_cast<double>(n);
  };
  for (const size_t shift : {1, 2, 3}) EXPECT_NEAR(correlation(z, shift), 0, bound) << shift;
  EXPECT_NEAR(correlation(gaussian(6, "a", n), 0), 0, bound);
  EXPECT_NEAR(correlation(gaussian(5, "b", n), 0), 0, bound);
}

TEST(RandomStream, FloatsAreTheScaledDoublesRounded) {
  for (const size_t count : {1U, 5U, 1023U, 1024U, 3001U}) {
    const std::vector<double> z = gaussian(9, "weight", count);
    std::vector<float> floats(count);
    RandomStream(9, "weight").gaussian(floats, 0.3);
    for (size_t i = 0; i < count; ++i) ASSERT_EQ(floats[i], static_cast<float>(0.3 * z[i])) << i;
  }
}

TEST(HashName, IsFnv1a) {
  EXPECT_EQ(hash_name(""), 0xcbf29ce484222325U);
  EXPECT_EQ(hash_name("foobar"), 0x85944171f73967e8U);
}

TEST(RandomStream, BitsAreFixed) {
  // Any change here changes every network that was ever drawn: it belongs under "Numbers that changed".
  const std::vector<double> z = gaussian(1, "weight", 1 << 16);
  uint64_t checksum = 0;
  for (const double v : z) checksum = checksum * 6364136223846793005U + std::bit_cast<uint64_t>(v);
  EXPECT_EQ(checksum, 0x117cf54ac0e953f5U) << std::hex << checksum;
}

}  // namespace
}  // namespace shatterproof::random_test
