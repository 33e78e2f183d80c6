// SPDX-License-Identifier: Apache-2.0
// Whether training is seen in the weights: by our own trainer, from weights that were fresh.
#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/dataset/teacher.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/initializer/provenance.h"
#include "shatterproof/network/builder.h"
#include "shatterproof/train/trainer.h"

namespace shatterproof::provenance_after_training_test {
namespace {

using State = Provenance::State;

Network with_biases() {
  NetworkBuilder builder("mlp");
  std::string x = builder.input("x", {30});
  for (int i = 0; i < 3; ++i) {
    const std::string name = "layer_" + std::to_string(i);
    x = builder.activation(builder.linear(x, {name, i == 0 ? 30 : 64, 64, true, "", ""}), name + "_relu",
                           "relu");
  }
  builder.output(builder.linear(x, {"head", 64, 5, true, "", ""}));
  return builder.build();
}

// Steps after which the network is no longer called fresh, and whether it is called trained at the end.
struct Noticed {
  int64_t steps = -1;
  State at_the_end = State::unknown;
  std::string sentence;
};

Noticed noticed(const Network& network, const std::string& optimizer, double rate, int64_t epochs = 4) {
  TrainOptions options{.epochs = epochs, .batch = 64, .optimizer = optimizer, .learning_rate = rate};
  Trainer trainer(network, options, teacher_batch(network.inputs()[0], 0, 1024, 5, 1));
  Noticed result;
  while (!trainer.finished()) {
    trainer.step();
    if (result.steps < 0 && provenance(trainer.network()).state != State::fresh)
      result.steps = trainer.steps_made();
  }
  const Provenance end = provenance(trainer.network());
  result.at_the_end = end.state;
  result.sentence = end.sentence();
  return result;
}

constexpr int64_t kTheTraining = 64;  // steps

TEST(ProvenanceAfterTraining, UniformWeightsLeaveTheirBoundsWithTheFirstSteps) {
  for (const char* scheme : {"pytorch", "keras", "kaiming_uniform"}) {
    const Network fresh = initialize(with_biases(), scheme, 1).network;
    EXPECT_EQ(provenance(fresh).state, State::fresh) << scheme;
    const Noticed found = noticed(fresh, "adam", 1e-3);
    EXPECT_EQ(found.at_the_end, State::trained) << scheme << ": " << found.sentence;
    constexpr int64_t kSoon = 5;
    EXPECT_LE(found.steps, kSoon) << scheme;
    EXPECT_GE(found.steps, 1) << scheme;
  }
}

// What gives these away is that biases are no longer zero; three small ones are no proof of training.
TEST(ProvenanceAfterTraining, GaussianWeightsAreNoLongerFreshBesideBiasesThatMoved) {
  for (const char* scheme : {"he", "orthogonal", "gaussian:std=.1", "truncated_normal:std=.1"}) {
    const Network fresh = initialize(with_biases(), scheme, 1).network;
    EXPECT_EQ(provenance(fresh).state, State::fresh) << scheme;
    const Noticed found = noticed(fresh, "adam", 1e-3);
    EXPECT_NE(found.at_the_end, State::fresh) << scheme << ": " << found.sentence;
    EXPECT_LE(found.steps, kTheTraining) << scheme;
    EXPECT_GE(found.steps, 1) << scheme;
  }
}

TEST(ProvenanceAfterTraining, LongerTrainingIsProof) {
  const Network fresh = initialize(with_biases(), "he", 1).network;
  constexpr int64_t kEpochs = 40;
  const Noticed found = noticed(fresh, "adam", 3e-3, kEpochs);
  EXPECT_EQ(found.at_the_end, State::trained) << found.sentence;
}

// Without biases or norms, and of a shape that training keeps: nobody's law any more, and no proof.
TEST(ProvenanceAfterTraining, GaussianWeightsAloneAreNoLongerFresh) {
  const Network fresh =
      initialize(build_family("feedforward:input=30,width=64,depth=4,count=linear,output=5"), "he", 1)
          .network;
  const Noticed found = noticed(fresh, "adam", 1e-2, 10);
  EXPECT_NE(found.at_the_end, State::fresh) << found.sentence;
  constexpr int64_t kWithinTheTraining = 160;
  EXPECT_GE(found.steps, 1);
  EXPECT_LE(found.steps, kWithinTheTraining);
}

TEST(ProvenanceAfterTraining, SteepestDescentIsSeenToo) {
  const Network fresh = initialize(with_biases(), "pytorch", 1).network;
  const Noticed found = noticed(fresh, "sgd:momentum=.9", .05);
  EXPECT_EQ(found.at_the_end, State::trained) << found.sentence;
}

}  // namespace
}  // namespace shatterproof::provenance_after_training_test
