// SPDX-License-Identifier: Apache-2.0
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/diagnose/catalog.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/run/batch_size.h"
#include "shatterproof/run/execution.h"
#include "tests/run/counting_allocator.h"

namespace shatterproof::memory_test {
namespace {

constexpr int64_t kDepth = 200, kWidth = 100, kExamples = 256;

// What autograd alone takes: the same network written with ATen, forward and backward, nothing looked at.
int64_t bare_peak(CountingAllocator& allocator, const Network& network, const at::Tensor& input) {
  std::vector<at::Tensor> weights;
  for (const Parameter& parameter : network.parameters()) {
    if (parameter.name.ends_with(".weight") && parameter.value.dim() == 2) weights.push_back(parameter.value);
  }
  allocator.restart();
  const at::Tensor x = input.detach().requires_grad_(true);
  at::Tensor h = x;
  for (size_t l = 0; l + 1 < weights.size(); ++l) h = at::relu(at::linear(h, weights[l]));
  at::linear(h, weights.back()).sum().backward();
  return allocator.peak();
}

TEST(Memory, OfACheckIsWhatAutogradAloneTakes) {
  CountingAllocator allocator;
  const Network network =
      initialize(build_family("feedforward:depth=200,width=100,input=100"), "he", 1).network;
  const Batch batch{.inputs = {at::randn({kExamples, kWidth})}};
  const int64_t bare = bare_peak(allocator, network, batch.inputs[0]);
  ASSERT_GT(bare, kDepth * kExamples * kWidth * 4) << "autograd keeps every layer's output";
  allocator.restart();
  const Measured measured = measure(network, batch, measurements_of_rules(), {});
  const int64_t checked = allocator.peak();
  constexpr double kMost = 1.1;
  EXPECT_LE(static_cast<double>(checked), kMost * static_cast<double>(bare));
  EXPECT_FALSE(measured.readings.empty());
  RecordProperty("bytes_bare", std::to_string(bare));
  RecordProperty("bytes_checked", std::to_string(checked));
  std::cout << "peak bytes: autograd alone " << bare << ", check " << checked << "\n";
}

TEST(Memory, AHookThatKeepsValuesIsCaught) {
  class Hoarder : public Observer {
   public:
    bool wants_forward(const Tap&) const override { return true; }
    void observe(const ForwardTap& tap) override { kept.push_back(tap.inputs[0] + 0); }
    std::vector<at::Tensor> kept;
  };
  CountingAllocator allocator;
  const Network network =
      initialize(build_family("feedforward:depth=200,width=100,input=100"), "he", 1).network;
  const Batch batch{.inputs = {at::randn({kExamples, kWidth})}};
  const int64_t bare = bare_peak(allocator, network, batch.inputs[0]);
  Hoarder hoarder;
  Observer* observers[] = {&hoarder};
  allocator.restart();
  Execution(network, {}).run(batch, observers);
  EXPECT_GT(static_cast<double>(allocator.peak()), 1.5 * static_cast<double>(bare));
}

TEST(Memory, OfATrainingStepIsForeseenFromThreeExamples) {
  constexpr int64_t kMany = 400;
  for (const char* spec : {"feedforward:depth=30,width=50,input=50,norm=batch",
                           "residual:depth=30,width=50,input=50,norm=layer,crelu=true"}) {
    const Network network = initialize(build_family(spec), "he", 1).network;
    const RunOptions options{.batch_norm = BatchStatistics::attached};
    const Batch batch = gaussian_batch(network.inputs(), kMany, 1);
    const int64_t each = training_bytes_per_example(network, options, batch);
    Execution execution(network, options);
    const std::vector<TrainableParameter> parameters = execution.trainable_parameters();
    CountingAllocator allocator;
    allocator.restart();
    execution.run(batch, {});
    const double foreseen = static_cast<double>(kMany * each + weight_bytes(network));
    const double needed = static_cast<double>(allocator.peak());
    EXPECT_GE(foreseen, .95 * needed) << spec;
    EXPECT_LE(foreseen, 1.2 * needed) << spec;
  }
}

// A CReLU's rectifiers and their negation are kept once, as the concatenation that the next convolution
// reads.
TEST(Memory, OfATrainingStepCountsWhatIsKeptAndNotWhatPasses) {
  const Network network = initialize(build_family("thin:depth=58,crelu=true"), "he", 1).network;
  const RunOptions options{.batch_norm = BatchStatistics::attached};
  const Batch batch = gaussian_batch(network.inputs(), 3, 1);
  EXPECT_LT(static_cast<double>(training_bytes_per_example(network, options, batch)),
            .6 * static_cast<double>(bytes_per_example(network, options, batch)));
}

}  // namespace
}  // namespace shatterproof::memory_test
