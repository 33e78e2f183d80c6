// SPDX-License-Identifier: Apache-2.0
#include "attempt.h"

#include <algorithm>

#include "shatterproof/train/trainer.h"

using namespace shatterproof;

std::vector<Attempt> attempts(const Network& network, const Task& task, double enough) {
  const std::vector<Attempt> settings = {{"adam", 1e-3},
                                         {"adam", 3e-4},
                                         {"adam", 3e-3},
                                         {"sgd:momentum=0.9", 1e-2},
                                         {"sgd:momentum=0.9", 1e-1},
                                         {"sgd:momentum=0.9", 1e-3}};
  std::vector<Attempt> made;
  for (Attempt attempt : settings) {
    TrainOptions options;
    options.epochs = 5;
    options.batch = 64;
    options.optimizer = attempt.optimizer;
    options.learning_rate = attempt.rate;
    train(network, options, task.train, task.test, [&](const EpochRecord& epoch) {
      attempt.steps = epoch.epoch * (task.train.examples() / options.batch);
      attempt.accuracy = std::max(attempt.accuracy, epoch.test_accuracy.value_or(0));
      return attempt.accuracy < enough;
    });
    made.push_back(attempt);
    if (attempt.accuracy >= enough) break;
  }
  return made;
}

double best_accuracy(const std::vector<Attempt>& attempts) {
  double best = 0;
  for (const Attempt& attempt : attempts) best = std::max(best, attempt.accuracy);
  return best;
}
