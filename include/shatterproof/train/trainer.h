// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shatterproof/dataset/augmentation.h"
#include "shatterproof/dataset/batch.h"
#include "shatterproof/experiment/non_finite.h"
#include "shatterproof/network/network.h"
#include "shatterproof/results/record.h"
#include "shatterproof/train/checkpoint.h"
#include "shatterproof/train/optimizer.h"

namespace shatterproof {

enum class Loss {
  cross_entropy,  ///< mean_i -log softmax(f(x_i))_{y_i}, in nats; a final softmax is taken off
  dot_product,    ///< mean_i -<f(x_i), e_{y_i}>, e_y the y-th unit vector; not bounded below. [GE] section 2
};
/// "cross_entropy" or "dot_product". Throws std::invalid_argument otherwise.
Loss parse_loss(const std::string& text);

struct TrainOptions {
  int64_t epochs = 10;
  int64_t batch = 128;             ///< examples of a step; the last step of an epoch has what is left
  std::string optimizer = "adam";  ///< see optimizers()
  double learning_rate = 1e-3;
  LearningRateFactors factors;        ///< of layers, beside the schedule's
  std::string schedule = "constant";  ///< see schedules()
  Loss loss = Loss::cross_entropy;
  Augmentation augmentation;
  std::string device = "cpu";  ///< see RunOptions
  at::ScalarType dtype = at::kFloat;
  uint64_t seed = 1;  ///< of the order of examples, augmentation and dropout
  /// Other initial weights, drawn with the seed that `redraw_seed` gives, when the schedule asks for them;
  /// without it training stops there.
  std::function<Network(uint64_t seed)> redraw;

  /// All that decides what training gives, as text: a checkpoint of other settings is refused. The number of
  /// epochs is left out where the schedule does not depend on it.
  std::string key() const;
};

/// The seed of the weights that a training with `seed` goes on with when they are drawn anew for the
/// `attempt`-th time (from 1): a hash of the two, so that it is no seed that another training begins with.
uint64_t redraw_seed(uint64_t seed, int64_t attempt);

/// Trains a network, built-in or imported, on labelled examples.
///
/// Step by step: the examples of an epoch in a new random order, batch statistics differentiated through
/// (`attached`), one step of the optimizer on the mean loss of the mini-batch. Then, for each
/// BatchNormalization, stored statistics are set to the mean over kStatisticsBatches mini-batches of training
/// examples as they are, and the test examples are run with those.
///
/// Same options, same network, same result, bit for bit on one thread whatever else runs, also when training
/// goes on from a state. The examples of the next step are prepared beside the current one.
class Trainer {
 public:
  static constexpr int64_t kStatisticsBatches = 10;

  /// Throws std::invalid_argument when the examples have no labels, when one has no output, when they do not
  /// fit the network, when the network has no trainable parameter or several outputs, and on options out of
  /// range.
  Trainer(const Network& network, const TrainOptions& options, Batch train, Batch test = {});
  ~Trainer();

  /// Whether all epochs are done, or training has stopped.
  bool finished() const;
  /// Why training stopped before its last epoch; empty when it did not.
  const std::string& stopped() const;
  /// The first place where a number was none, when that is what stopped it: in the values or gradients of a
  /// step, which then was not made, or in the weights when an epoch's steps were. Where no node made it, as
  /// where a gradient overflows in the sum over positions, it is the parameter.
  const std::optional<NonFinite>& accident() const;

  /// Makes one step; the record of the epoch when it was the epoch's last one. Precondition: not finished.
  /// Throws Interrupted on Ctrl-C, the step then not made. When that hits what follows an epoch's last step,
  /// the next call, also of a trainer that has the state restored, makes up for it and for nothing else.
  std::optional<EpochRecord> step();

  int64_t steps_made() const;
  int64_t steps_per_epoch() const;
  /// Mean loss of the last step's mini-batch, before the step.
  double last_loss() const;
  /// Records of all epochs made, those before `restore` included.
  const std::vector<EpochRecord>& epochs() const;

  /// The network with its present weights.
  Network network() const;

  /// All that the rest of training depends on.
  TrainingState state() const;
  /// Goes on from there. Throws std::invalid_argument, saying what differs, when the state is that of another
  /// training: another network, other initial weights, examples or options. `of_any_training` takes it all
  /// the same when it has the parameters of this network.
  void restore(const TrainingState& state, bool of_any_training = false);

 private:
  struct Run;
  std::unique_ptr<Run> run_;
};

/// Trains to the end, or until `after_epoch` says so by returning false.
///
/// Returns the trained network. For early stopping, look at the record that `after_epoch` is given.
Network train(const Network& network, const TrainOptions& options, Batch examples, Batch test = {},
              const std::function<bool(const EpochRecord&)>& after_epoch = {});

}  // namespace shatterproof
