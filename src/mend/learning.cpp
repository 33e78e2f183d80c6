// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/mend/learning.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "shatterproof/core/error.h"
#include "shatterproof/train/trainer.h"

namespace shatterproof {
namespace {

constexpr double kLearns = .9;  // of the constant's loss

// Of guessing labels by how often they come.
double entropy(const at::Tensor& labels) {
  const at::Tensor counts = at::bincount(labels.to(at::kLong)).to(at::kDouble);
  const at::Tensor parts = counts / counts.sum();
  return -(parts * parts.clamp_min(1e-300).log()).sum().item<double>();
}

TrainOptions training_at(double rate, const LearningOptions& options) {
  TrainOptions training;
  training.batch = options.batch;
  training.learning_rate = rate;
  training.device = options.device;
  training.dtype = options.dtype;
  training.seed = options.seed;
  const int64_t per_epoch = (options.examples.examples() + options.batch - 1) / options.batch;
  training.epochs = (options.steps + per_epoch - 1) / per_epoch;
  return training;
}

LearningCurve curve_of(const Network& network, const LearningOptions& options, double rate) {
  Trainer trainer(network, training_at(rate, options), options.examples);
  LearningCurve curve;
  curve.rate = rate;
  const int64_t last = std::max<int64_t>(1, options.steps / 4);
  while (!trainer.finished() && trainer.steps_made() < options.steps) {
    const int64_t before = trainer.steps_made();
    trainer.step();
    if (trainer.steps_made() == before) continue;
    if (before == 0) curve.first_loss = trainer.last_loss();
    if (before >= options.steps - last) curve.loss += trainer.last_loss() / static_cast<double>(last);
  }
  curve.finite = !trainer.accident() && std::isfinite(curve.loss) && trainer.steps_made() == options.steps;
  return curve;
}

void check(const LearningOptions& options) {
  if (!options.examples.labels.defined()) reject("learned", "the examples must have labels", "none");
  if (options.steps < 1) reject("learned", "steps must be from 1 on", std::to_string(options.steps));
  if (options.batch < 1) reject("learned", "a step needs at least 1 example", std::to_string(options.batch));
  if (options.rates.empty()) reject("learned", "needs at least 1 rate", "none");
}

}  // namespace

const LearningCurve* LearningResult::best() const {
  const LearningCurve* found = nullptr;
  for (const LearningCurve& curve : curves) {
    if (curve.finite && (!found || curve.loss < found->loss)) found = &curve;
  }
  return found;
}

bool LearningResult::learns() const {
  return best() && best()->loss < kLearns * constant_loss;
}

void require_learnable(const Network& network, const LearningOptions& options) {
  check(options);
  for (const double rate : options.rates) Trainer(network, training_at(rate, options), options.examples);
}

LearningResult learned(const Network& network, const LearningOptions& options) {
  check(options);
  LearningResult result;
  result.constant_loss = entropy(options.examples.labels);
  for (const double rate : options.rates) result.curves.push_back(curve_of(network, options, rate));
  return result;
}

}  // namespace shatterproof
