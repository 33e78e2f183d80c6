// SPDX-License-Identifier: Apache-2.0
#include "shatterproof/examine/training.h"

#include <fmt/format.h>

#include <algorithm>

#include "shatterproof/core/error.h"
#include "shatterproof/core/quantity.h"
#include "shatterproof/run/batch_size.h"

namespace shatterproof {
namespace {

// Test examples are brought to the scale of the training examples.
void read_examples(const TrainingRequest& asked, const Subject& subject, uint64_t seed, Training& training) {
  if (asked.standardize && !asked.preprocessing.is_identity())
    reject("--standardize", "takes the place of --scale, --mean and --std", "both");
  DatasetRequest request;
  request.source = asked.examples;
  request.range.count = asked.limit;
  request.preprocessing = asked.preprocessing;
  request.layout = asked.layout;
  training.examples = load_batch(request, subject.network.inputs(), seed);
  request.source = asked.test;
  request.range = {};
  if (!asked.test.empty()) training.test = load_batch(request, subject.network.inputs(), seed);
  if (!asked.standardize) return;
  const Preprocessing preprocessing = standardization_of(training.examples.inputs[0]);
  for (Batch* batch : {&training.examples, &training.test}) {
    if (batch->examples() > 0) batch->inputs[0] = preprocessed(batch->inputs[0], preprocessing);
  }
}

Batch probe_of(const Training& training, int64_t asked) {
  const int64_t all = training.examples.examples();
  const int64_t half = std::max<int64_t>(1, std::min(training.options.batch, all) / 2);
  if (asked > all)
    reject("--probe", fmt::format("there are {} training examples", all), std::to_string(asked));
  return training.examples.slice(0, asked > 0 ? asked : half);
}

void require_memory(const Training& training, const Settings& settings) {
  RunOptions run = settings.run;
  run.batch_norm = BatchStatistics::attached;
  run.functional = {};
  const int64_t bytes = training_bytes_per_example(training.network, run, training.examples);
  const int64_t at_once = std::min(training.options.batch, training.examples.examples());
  // Those training began with, those it has, their gradient, and two moments of it.
  constexpr int64_t kCopies = 5;
  const int64_t weights = kCopies * weight_bytes(training.network);
  if (weights > settings.memory) {
    reject("--memory", "must hold the weights, their gradient and what the optimizer remembers of it",
           short_bytes(settings.memory));
  }
  if (bytes > (settings.memory - weights) / at_once) {
    reject("--batch", fmt::format("a step must fit into --memory, {}", short_bytes(settings.memory)),
           fmt::format("{} for {} examples", short_bytes(weights + bytes * at_once), at_once));
  }
}

// What is differentiated in training is the loss, through the batch's statistics.
ContextRecord context_of(const Subject& subject, Settings settings, const Training& training) {
  settings.run.functional.kind = Functional::Kind::loss;
  settings.batch_norm = BatchStatistics::attached;
  ContextRecord context = context_record(subject, settings);
  context.inputs = training.examples.description;
  context.examples = training.examples.examples();
  return context;
}

}  // namespace

Training training_of(const Subject& subject, const Settings& settings, TrainingRequest request) {
  if (subject.fixed_batch > 0) {
    reject(subject.description, "training needs a network that takes any number of examples",
           fmt::format("{} and no other number", subject.fixed_batch));
  }
  Training training;
  training.options = std::move(request.options);
  training.options.device = settings.run.device;
  training.options.dtype = settings.run.dtype;
  training.options.seed = settings.run.seed;
  training.run = std::move(request.run);
  training.run.request.run.functional = settings.run.functional;
  training.run.request.run.dtype = settings.run.dtype;
  training.run.request.run.device = settings.run.device;
  Initialization drawn = drawn_network(subject, settings.draws, settings.draws.first_seed);
  training.network = std::move(drawn.network);
  training.notes = subject.notes;
  training.notes.insert(training.notes.end(), drawn.notes.begin(), drawn.notes.end());
  read_examples(request, subject, settings.run.seed, training);
  training.run.probe = probe_of(training, request.probe);
  if (!settings.draws.scheme.empty()) {
    training.options.redraw = [&subject, draws = settings.draws](uint64_t seed) {
      return drawn_network(subject, draws, seed).network;
    };
  }
  require_memory(training, settings);
  if (request.budget_rates) {
    const Measured measured =
        measure(training.network, training.run.probe, {"update_budget"}, training.run.request);
    training.options.factors = learning_rate_factors(training.network, measured.readings.front());
  }
  training.context = context_of(subject, settings, training);
  return training;
}

void keep_untrained_weights(Training& training) {
  training.run.request.untrained = training.network;
  if (!training.options.redraw) return;
  training.options.redraw = [&training, draw = training.options.redraw](uint64_t seed) {
    training.run.request.untrained = draw(seed);
    return *training.run.request.untrained;
  };
}

CoverageRecord coverage_of(const Training& training) {
  CoverageRecord coverage;
  coverage.nodes = coverage.measured = static_cast<int64_t>(training.network.nodes().size());
  coverage.approximated = training.notes;
  return coverage;
}

}  // namespace shatterproof
