// SPDX-License-Identifier: Apache-2.0
// What a check costs: the passes that it makes over its batch.
#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/examine/check.h"
#include "shatterproof/initializer/catalog.h"
#include "tests/support/counted_source.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::passes_test {
namespace {

struct Passes {
  double forward = 0, backward = 0;
};

Passes of_check(const std::string& family) {
  constexpr int64_t kExamples = 256;
  const Network network = initialize(build_family(family), "he", 1).network;
  const Batch batch = gaussian_batch(network.inputs(), kExamples, 1);
  CheckOptions options;
  options.rehearses = false;
  CountedSource source(tap_source(network, {}), kExamples);
  check(source, batch, options);
  return {source.forward, source.backward};
}

// Of a dense network every pair of the correlation length is walked, which takes ten passes; of images a few
// are enough.
TEST(PassesOfACheck, AreAsManyAtAnyDepth) {
  constexpr double kDense = 17.5, kImages = 8.75;
  for (const char* family : {"residual:depth=50,width=200,norm=batch", "feedforward:depth=10,width=200"}) {
    const Passes passes = of_check(family);
    EXPECT_LE(passes.forward, kDense) << family;
    EXPECT_LE(passes.backward, kDense) << family;
  }
  for (const char* family : {"conv_residual:depth=2,width=4", "conv_residual:depth=8,width=4"}) {
    const Passes passes = of_check(family);
    EXPECT_LE(passes.forward, kImages) << family;
    EXPECT_LE(passes.backward, kImages) << family;
  }
}

}  // namespace
}  // namespace shatterproof::passes_test
