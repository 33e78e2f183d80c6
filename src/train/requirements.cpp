// SPDX-License-Identifier: Apache-2.0
#include "train/requirements.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "shatterproof/core/error.h"
#include "shatterproof/run/execution.h"

namespace shatterproof {
namespace {

void require_numbers(const Network& network, const TrainOptions& options, const Batch& examples) {
  if (network.outputs().size() != 1) {
    reject("train", "the network must have one output", std::to_string(network.outputs().size()));
  }
  if (network.parameter_count() == 0) reject("train", "the network must have trainable parameters", "none");
  if (!examples.labels.defined()) reject("train", "the examples must have labels", "none");
  if (examples.examples() == 0) reject("train", "needs at least 1 example", "0");
  if (options.epochs < 1) reject("train", "epochs must be from 1 on", std::to_string(options.epochs));
  if (options.batch < 1) reject("train", "batch must be from 1 on", std::to_string(options.batch));
  if (!std::isfinite(options.learning_rate) || options.learning_rate < 0) {
    reject("train", "the learning rate must be a number from 0 on", fmt::format("{}", options.learning_rate));
  }
}

// Before the first step, and not in the thread that prepares it.
void require_augmentable(const Augmentation& augmentation, const Batch& examples) {
  const int64_t first = 0;
  for (const at::Tensor& input : examples.inputs)
    augmented(input.narrow(0, 0, 1).contiguous(), augmentation, {{&first, 1}});
}

// Runs the first of them to see which classes the network has.
void require_fit(const Network& network, const TrainOptions& options, const Batch& examples) {
  if (!examples.labels.defined()) reject("train", "test examples must have labels", "none");
  RunOptions run;
  run.batch_norm = BatchStatistics::attached;
  run.dtype = options.dtype;
  run.device = options.device;
  const Batch first = examples.slice(0, std::min(options.batch, examples.examples()));
  const int64_t classes = Execution(network, run).outputs(first).front().flatten(1).size(1);
  const int64_t least = examples.labels.min().item<int64_t>(), most = examples.labels.max().item<int64_t>();
  if (classes < 2) reject("train", "the network must have at least 2 outputs", std::to_string(classes));
  if (least < 0 || most >= classes) {
    reject("train",
           fmt::format("labels must be from 0 to {}, as many as the network has outputs", classes - 1),
           std::to_string(least < 0 ? least : most));
  }
}

}  // namespace

void require_trainable(const Network& network, const TrainOptions& options, const Batch& train,
                       const Batch& test) {
  require_numbers(network, options, train);
  require_fit(network, options, train);
  require_augmentable(options.augmentation, train);
  if (test.examples() > 0) require_fit(network, options, test);
}

}  // namespace shatterproof
