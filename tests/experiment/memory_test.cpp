// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/initializer/catalog.h"
#include "tests/run/counting_allocator.h"

namespace shatterproof::memory_test {
namespace {

constexpr int64_t kExamples = 100'000, kMiniBatch = 500, kInputs = 20;

// Bytes of tensors that measuring takes at most, beside the batch.
int64_t peak_bytes(CountingAllocator& allocator, const Network& network, int64_t examples,
                   int64_t mini_batch) {
  Batch batch;
  batch.inputs = {at::randn({examples, kInputs})};
  MeasureRequest request;
  request.run.mini_batch = mini_batch;
  allocator.restart();
  const Measured measured = measure(network, batch, {"gradient_correlation"}, request);
  EXPECT_TRUE(measured.readings.at(0).is_defined()) << measured.readings.at(0).undefined;
  return allocator.peak();
}

TEST(Memory, OfGradientCorrelationIsThatOfOneMiniBatch) {
  CountingAllocator allocator;
  const Network network = initialize(build_family("feedforward:depth=4,width=32,input=20"), "he", 1).network;
  const int64_t one = peak_bytes(allocator, network, kMiniBatch, kMiniBatch);
  const int64_t all = peak_bytes(allocator, network, kExamples, kMiniBatch);
  const int64_t twice = peak_bytes(allocator, network, 2 * kMiniBatch, 2 * kMiniBatch);
  constexpr double kSame = 1.01;
  EXPECT_LE(static_cast<double>(all), kSame * static_cast<double>(one));
  EXPECT_GT(static_cast<double>(twice), 1.8 * static_cast<double>(one))
      << "the count sees what a mini-batch takes";
  std::cout << "peak bytes: " << kMiniBatch << " examples " << one << ", " << kExamples
            << " in mini-batches of as many " << all << "\n";
}

}  // namespace
}  // namespace shatterproof::memory_test
