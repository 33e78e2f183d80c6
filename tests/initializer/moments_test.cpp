// SPDX-License-Identifier: Apache-2.0
#include "initializer/moments.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <vector>

#include "shatterproof/core/random.h"
#include "shatterproof/initializer/gaussian.h"

namespace shatterproof::moments_test {
namespace {

struct Drawing {
  Distribution distribution;
  at::Tensor (*draw)(const std::vector<int64_t>&, double, const RandomStream&);
};

// The limit that `provenance` uses is never met by chance, and the other distributions are told apart.
TEST(Moments, ChanceStaysWithinTheLimitAtEverySize) {
  constexpr double kLimit = 5.5;
  const std::vector<Drawing> drawings = {{Distribution::gaussian, gaussian_weight},
                                         {Distribution::flat, uniform_weight},
                                         {Distribution::truncated_gaussian, truncated_gaussian_weight}};
  for (const std::vector<int64_t>& sizes : std::vector<std::vector<int64_t>>{
           {1, 10}, {1, 100}, {4, 4}, {5, 30}, {64, 3}, {16, 9}, {100, 100}, {3, 1000}}) {
    for (const Drawing& drawing : drawings) {
      int beyond = 0;
      for (uint64_t seed = 0; seed < 300; ++seed) {
        const Moments found = moments(drawing.draw(sizes, .3, RandomStream(seed, "w")));
        beyond += departure(found, drawing.distribution) > kLimit ? 1 : 0;
      }
      EXPECT_EQ(beyond, 0) << to_string(drawing.distribution) << " [" << sizes[0] << ", " << sizes[1] << "]";
    }
  }
}

TEST(Moments, ThousandNumbersTellTheShapesApart) {
  constexpr double kLimit = 5.5;
  const Moments normal = moments(gaussian_weight({50, 40}, .3, RandomStream(1, "w"))),
                flat = moments(uniform_weight({50, 40}, .3, RandomStream(1, "w")));
  EXPECT_GT(departure(normal, Distribution::flat), kLimit);
  EXPECT_GT(departure(flat, Distribution::gaussian), kLimit);
  EXPECT_GT(departure(normal, Distribution::truncated_gaussian), kLimit);
}

}  // namespace
}  // namespace shatterproof::moments_test
