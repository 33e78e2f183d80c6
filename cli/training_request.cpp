// SPDX-License-Identifier: Apache-2.0
#include "cli/training_request.h"

#include <limits>

#include "cli/subject.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/spec.h"

namespace shatterproof::cli {
namespace {

double learning_rate_of(const std::string& text, double otherwise) {
  if (text.empty()) return otherwise;
  const std::optional<double> rate = parse_number(text);
  if (!rate || !(*rate >= 0) || *rate > std::numeric_limits<double>::max())
    reject("--learning-rate", "must be a number from 0 on", "'" + text + "'");
  return *rate;
}

TrainOptions train_options(const TrainArguments& arguments) {
  TrainOptions options;
  options.epochs = whole_number("--epochs", arguments.epochs, options.epochs, 1, kMostCounted);
  options.batch = whole_number("--batch", arguments.batch, options.batch, 1, kMostCounted);
  if (!arguments.optimizer.empty()) options.optimizer = arguments.optimizer;
  options.learning_rate = learning_rate_of(arguments.learning_rate, options.learning_rate);
  if (!arguments.schedule.empty()) options.schedule = arguments.schedule;
  if (!arguments.loss.empty()) options.loss = parse_loss(arguments.loss);
  if (!arguments.augment.empty()) options.augmentation = Augmentation::parse(arguments.augment);
  return options;
}

TrainingRunOptions run_options(const TrainArguments& arguments) {
  TrainingRunOptions run;
  for (const std::string& word : arguments.measure) run.live.push_back(LiveMeasurement::parse(word));
  run.checkpoints = arguments.checkpoint;
  run.checkpoint_every = whole_number("--checkpoint-every", arguments.checkpoint_every, 0, 1, kMostCounted);
  run.kept_checkpoints = whole_number("--keep", arguments.keep, run.kept_checkpoints, 1, kMostCounted);
  run.resume = arguments.resume || arguments.resume_anyway;
  run.resume_anyway = arguments.resume_anyway;
  for (const auto& [option, given] :
       {std::pair("--resume", arguments.resume), std::pair("--resume-anyway", arguments.resume_anyway),
        std::pair("--checkpoint-every", !arguments.checkpoint_every.empty()),
        std::pair("--keep", !arguments.keep.empty())}) {
    if (given && arguments.checkpoint.empty())
      reject(option, "speaks of the folder that --checkpoint names", "no --checkpoint");
  }
  return run;
}

}  // namespace

TrainingRequest training_request(const TrainArguments& arguments) {
  if (arguments.data.empty()) {
    throw std::invalid_argument(
        "train: --data is missing: cifar10:FILE, mnist:PATH, FILE.npy with labels, or procedural:EXAMPLES");
  }
  TrainingRequest request;
  request.examples = arguments.data;
  request.test = arguments.test;
  request.limit = whole_number("--limit", arguments.limit, 0, 1, kMostCounted);
  request.preprocessing = preprocessing_of(arguments);
  if (!arguments.layout.empty()) request.layout = parse_layout(arguments.layout);
  request.standardize = arguments.standardize;
  request.probe = whole_number("--probe", arguments.probe, 0, 1, kMostCounted);
  request.budget_rates = !one_of("--layer-rates", arguments.layer_rates, "", {"update_budget"}).empty();
  request.options = train_options(arguments);
  request.run = run_options(arguments);
  return request;
}

}  // namespace shatterproof::cli
