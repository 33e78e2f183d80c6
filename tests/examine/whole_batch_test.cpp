// SPDX-License-Identifier: Apache-2.0
// A model that takes no part of its batch, as one over the nodes of a graph, is checked all the same.
#include <stdexcept>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/gaussian.h"
#include "shatterproof/examine/check.h"
#include "shatterproof/initializer/catalog.h"
#include "tests/support/counted_source.h"
#include "tests/support/fake_taps.h"

namespace shatterproof::whole_batch_test {
namespace {

constexpr int64_t kExamples = 70;  // more than any part of a check wants

const Batch& whole(const Batch& batch) {
  if (batch.examples() != kExamples) throw std::runtime_error("a part of the batch");
  return batch;
}

class WholeTrainee : public Trainee {
 public:
  explicit WholeTrainee(std::unique_ptr<Trainee> trainee) : trainee_(std::move(trainee)) {}

  std::vector<TrainableParameter> parameters() const override { return trainee_->parameters(); }
  std::vector<at::Tensor> outputs(const Batch& batch, const Dropout& dropout) override {
    return trainee_->outputs(whole(batch), dropout);
  }

 private:
  std::unique_ptr<Trainee> trainee_;
};

class WholeSource : public CountedSource {
 public:
  explicit WholeSource(const Network& network) : CountedSource(tap_source(network, {}), kExamples) {}

  void run(const Batch& batch, std::span<Observer* const> observers, const RunOptions& options) override {
    CountedSource::run(whole(batch), observers, options);
  }
  void observe_forward(const Batch& batch, std::span<Observer* const> observers,
                       const RunOptions& options) override {
    CountedSource::observe_forward(whole(batch), observers, options);
  }
  std::vector<at::Tensor> outputs(const Batch& batch, const RunOptions& options) override {
    return CountedSource::outputs(whole(batch), options);
  }
  at::Tensor input_gradient(const Batch& batch, const RunOptions& options) override {
    return CountedSource::input_gradient(whole(batch), options);
  }
  int64_t examples_at_once(const Batch& batch) override { return batch.examples(); }
  std::unique_ptr<Trainee> trainee(const RunOptions& options) override {
    return std::make_unique<WholeTrainee>(CountedSource::trainee(options));
  }
};

TEST(WholeBatch, IsAllThatACheckRunsWhereNoPartOfItRuns) {
  const Network network = initialize(build_family("feedforward:depth=3,width=12,input=6"), "he", 1).network;
  WholeSource source(network);
  CheckOptions options;
  options.rehearsal_seconds = 2;
  Checked checked;
  ASSERT_NO_THROW(checked = check(source, gaussian_batch(network.inputs(), kExamples, 1), options));
  EXPECT_FALSE(checked.readings.empty());
  ASSERT_TRUE(checked.rehearsal);
  EXPECT_EQ(checked.rehearsal->examples, kExamples);
}

}  // namespace
}  // namespace shatterproof::whole_batch_test
