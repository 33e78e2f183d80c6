// SPDX-License-Identifier: Apache-2.0
#include "cli/training_setup.h"

#include <fmt/format.h>

#include <limits>

#include "cli/text.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/output_file.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/dataset/catalog.h"
#include "shatterproof/run/batch_size.h"

namespace shatterproof::cli {
namespace {

constexpr int64_t kMost = int64_t{1} << 31;

struct Data {
  Batch examples, test;
};

// Test examples are brought to the scale of the training examples.
Data data_of(const Subject& subject, const Settings& settings, const TrainArguments& arguments) {
  if (arguments.data.empty()) {
    throw std::invalid_argument(
        "train: --data is missing: cifar10:FILE, mnist:PATH, FILE.npy with labels, or procedural:EXAMPLES");
  }
  DatasetRequest request;
  request.source = arguments.data;
  request.range.count = whole_number("--limit", arguments.limit, 0, 1, kMost);
  request.preprocessing = preprocessing_of(arguments);
  if (!arguments.layout.empty()) request.layout = parse_layout(arguments.layout);
  if (arguments.standardize && !request.preprocessing.is_identity())
    reject("--standardize", "takes the place of --scale, --mean and --std", "both");
  Data data;
  data.examples = load_batch(request, subject.network.inputs(), settings.run.seed);
  request.source = arguments.test;
  request.range = {};
  if (!arguments.test.empty()) data.test = load_batch(request, subject.network.inputs(), settings.run.seed);
  if (!arguments.standardize) return data;
  const Preprocessing preprocessing = standardization_of(data.examples.inputs[0]);
  for (Batch* batch : {&data.examples, &data.test}) {
    if (batch->examples() > 0) batch->inputs[0] = preprocessed(batch->inputs[0], preprocessing);
  }
  return data;
}

double learning_rate_of(const std::string& text, double otherwise) {
  if (text.empty()) return otherwise;
  const std::optional<double> rate = parse_number(text);
  if (!rate || !(*rate >= 0) || *rate > std::numeric_limits<double>::max())
    reject("--learning-rate", "must be a number from 0 on", "'" + text + "'");
  return *rate;
}

std::function<Network(uint64_t)> redraw_of(const Subject& subject, const WeightDraws& draws) {
  if (draws.scheme.empty()) return {};
  return [&subject, draws](uint64_t seed) { return drawn_network(subject, draws, seed).network; };
}

void require_memory(const TrainingSetup& training, const Settings& settings) {
  RunOptions run = settings.run;
  run.batch_norm = BatchStatistics::attached;
  run.functional = {};
  const int64_t bytes = bytes_per_example(training.network, run, training.examples.slice(0, 1));
  const int64_t at_once = std::min(training.options.batch, training.examples.examples());
  if (bytes > settings.memory / at_once) {
    reject("--batch", fmt::format("a step must fit into --memory, {}", short_bytes(settings.memory)),
           fmt::format("{} for {} examples", short_bytes(bytes * at_once), at_once));
  }
}

void read_options(const Settings& settings, const TrainArguments& arguments, TrainOptions& options) {
  options.epochs = whole_number("--epochs", arguments.epochs, options.epochs, 1, kMost);
  options.batch = whole_number("--batch", arguments.batch, options.batch, 1, kMost);
  if (!arguments.optimizer.empty()) options.optimizer = arguments.optimizer;
  options.learning_rate = learning_rate_of(arguments.learning_rate, options.learning_rate);
  if (!arguments.schedule.empty()) options.schedule = arguments.schedule;
  if (!arguments.loss.empty()) options.loss = parse_loss(arguments.loss);
  if (!arguments.augment.empty()) options.augmentation = Augmentation::parse(arguments.augment);
  options.device = settings.run.device;
  options.dtype = settings.run.dtype;
  options.seed = settings.run.seed;
}

TrainingRunOptions run_options(const Settings& settings, const TrainArguments& arguments) {
  TrainingRunOptions run;
  for (const std::string& word : arguments.measure) run.live.push_back(LiveMeasurement::parse(word));
  run.request.run.functional = settings.run.functional;
  run.request.run.dtype = settings.run.dtype;
  run.request.run.device = settings.run.device;
  run.checkpoints = arguments.checkpoint;
  run.checkpoint_every = whole_number("--checkpoint-every", arguments.checkpoint_every, 0, 1, kMost);
  run.kept_checkpoints = whole_number("--keep", arguments.keep, run.kept_checkpoints, 1, kMost);
  run.resume = arguments.resume;
  for (const auto& [option, given] : {std::pair("--resume", arguments.resume),
                                      std::pair("--checkpoint-every", !arguments.checkpoint_every.empty()),
                                      std::pair("--keep", !arguments.keep.empty())}) {
    if (given && arguments.checkpoint.empty())
      reject(option, "speaks of the folder that --checkpoint names", "no --checkpoint");
  }
  return run;
}

void set_layer_rates(TrainingSetup& training, const TrainArguments& arguments) {
  if (one_of("--layer-rates", arguments.layer_rates, "", {"update_budget"}).empty()) return;
  const Measured measured =
      measure(training.network, training.probe, {"update_budget"}, training.run.request);
  training.options.factors = learning_rate_factors(training.network, measured.readings.front());
}

}  // namespace

TrainingSetup training_setup(const Subject& subject, const Settings& settings,
                             const TrainArguments& arguments) {
  if (subject.fixed_batch > 0) {
    reject(subject.description, "training needs a network that takes any number of examples",
           fmt::format("{} and no other number", subject.fixed_batch));
  }
  if (!arguments.output.empty()) OutputFile writable(arguments.output);  // a mistake here would cost most
  TrainingSetup training;
  read_options(settings, arguments, training.options);
  training.run = run_options(settings, arguments);
  Initialization drawn = drawn_network(subject, settings.draws, settings.draws.first_seed);
  training.network = std::move(drawn.network);
  training.notes = subject.notes;
  training.notes.insert(training.notes.end(), drawn.notes.begin(), drawn.notes.end());
  Data data = data_of(subject, settings, arguments);
  training.examples = std::move(data.examples);
  training.test = std::move(data.test);
  const int64_t half =
      std::max<int64_t>(1, std::min(training.options.batch, training.examples.examples()) / 2);
  training.probe = training.examples.slice(
      0, whole_number("--probe", arguments.probe, half, 1, training.examples.examples()));
  training.options.redraw = redraw_of(subject, settings.draws);
  require_memory(training, settings);
  set_layer_rates(training, arguments);
  return training;
}

}  // namespace shatterproof::cli
