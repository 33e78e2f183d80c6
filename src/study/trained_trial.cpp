// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/interrupt.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/experiment/catalog.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/train/schedule.h"
#include "shatterproof/train/trainer.h"
#include "study/image_inputs.h"
#include "study/measure_request.h"
#include "study/trial.h"

namespace shatterproof {
namespace {

constexpr int64_t kMost = 1'000'000'000;

// A curve over epochs that training gives.
struct TrainingCurve {
  const char* name;
  double (*value)(const EpochRecord&);
};
constexpr TrainingCurve kCurves[] = {
    {"train_loss", [](const EpochRecord& epoch) { return epoch.train_loss; }},
    {"train_accuracy", [](const EpochRecord& epoch) { return epoch.train_accuracy; }},
    {"test_loss", [](const EpochRecord& epoch) { return epoch.test_loss.value_or(NAN); }},
    {"test_accuracy", [](const EpochRecord& epoch) { return epoch.test_accuracy.value_or(NAN); }},
};

const TrainingCurve* curve_of(const std::string& name) {
  const auto* found = std::find_if(std::begin(kCurves), std::end(kCurves),
                                   [&](const TrainingCurve& curve) { return curve.name == name; });
  return found == std::end(kCurves) ? nullptr : found;
}

TrainOptions options_of(const TrainedNetwork& network, uint64_t seed) {
  constexpr double kUsualRateTimesDepth = 0.0297;
  const StudyTraining& training = network.training;
  const int64_t depth = Spec::parse(network.family).count("depth", 1, 1, kMost);
  TrainOptions options;
  options.epochs = training.epochs;
  options.batch = training.batch;
  options.optimizer = training.optimizer;
  options.learning_rate = training.learning_rate.value_or(
      training.learning_rate_times_depth.value_or(kUsualRateTimesDepth) / static_cast<double>(depth));
  options.schedule = training.schedule;
  options.augmentation = Augmentation::parse(training.augment);
  options.seed = seed;
  return options;
}

Network drawn(const StudyCase& study_case, const TrainedNetwork& network, uint64_t seed) {
  return initialize(build_family(network.family), study_case.initializer, seed).network;
}

// A curve of training or a measurement of the catalog.
void reject_unknown_reading(const std::string& text) {
  const std::string name = Spec::parse(text).name();
  std::vector<std::string> known;
  for (const TrainingCurve& curve : kCurves) known.emplace_back(curve.name);
  for (const ExperimentRecord& record : measurements()) known.push_back(record.name);
  if (std::find(known.begin(), known.end(), name) == known.end())
    reject_unknown("study", "reading of training", name, known);
  if (curve_of(text) == nullptr) measurement_of(text);
}

std::vector<std::string> measured_after(const StudyCase& study_case) {
  std::vector<std::string> names;
  for (const std::string& name : study_case.measurements) {
    if (curve_of(name) == nullptr) names.push_back(name);
  }
  return names;
}

// Rates in proportion to what each layer tolerates before training.
LearningRateFactors layer_rates(const StudyCase& study_case, const StudyTraining& training,
                                const Network& network, const Batch& images) {
  if (training.layer_rates.empty()) return {};
  const Batch first = images.slice(0, std::min(training.batch, images.examples()));
  return learning_rate_factors(
      network, measure(network, first, {training.layer_rates}, measure_request(study_case)).readings.at(0));
}

std::vector<Reading> readings_after(const StudyCase& study_case, const Network& initial,
                                    const Network& network, const Batch& images, uint64_t seed) {
  const std::vector<std::string> names = measured_after(study_case);
  if (names.empty()) return {};
  MeasureRequest request = measure_request(study_case);
  request.run.seed = seed;
  request.untrained = initial;
  const int64_t count = std::min(image_count(study_case), images.examples());
  std::vector<Reading> readings = measure(network, images.slice(0, count), names, request).readings;
  std::erase_if(readings, [](const Reading& reading) { return !reading.tap.empty(); });
  return readings;
}

// What would have been read of the trained network, had training not met an accident.
std::vector<Reading> undefined_readings(const StudyCase& study_case, const std::string& reason) {
  std::vector<Reading> readings;
  for (const std::string& name : measured_after(study_case)) {
    const ExperimentRecord& record = measurement_of(name);
    readings.push_back(undefined_reading(record.name, record.type, reason));
    for (const CompanionReading& companion : record.companions) {
      // The same at one tap, or at places that not every network has.
      if (companion.name == record.name || companion.name.ends_with("_in_branches")) continue;
      readings.push_back(undefined_reading(companion.name, companion.type, reason));
    }
  }
  return readings;
}

// The last values stay where the schedule ended training early.
Reading curve_over_epochs(const TrainingCurve& what, const std::vector<EpochRecord>& records,
                          int64_t epochs) {
  Reading reading = curve_reading(what.name, "epoch", {}, {});
  for (int64_t epoch = 1; epoch <= epochs; ++epoch) {
    const int64_t last = static_cast<int64_t>(records.size());
    reading.x.push_back(static_cast<double>(epoch));
    reading.values.push_back(what.value(records[static_cast<size_t>(std::min(epoch, last) - 1)]));
  }
  return reading;
}

// Why training gave nothing to read; empty when it did.
std::string failure_of(const Trainer& trainer) {
  return trainer.epochs().empty() || trainer.accident() ? trainer.stopped() : "";
}

// One training, and the training loss that it ended with; infinite after an accident.
struct TrainedOnce {
  StudyTrial trial;
  double loss = std::numeric_limits<double>::infinity();
};

TrainedOnce trained_once(const StudyCase& study_case, const TrainedNetwork& network, uint64_t seed) {
  Network initial = drawn(study_case, network, seed);
  const TrainingImages images = training_images(study_case, network.training, initial.inputs());
  TrainOptions options = options_of(network, seed);
  options.redraw = [&](uint64_t other_seed) { return initial = drawn(study_case, network, other_seed); };
  options.factors = layer_rates(study_case, network.training, initial, images.training);
  Trainer trainer(initial, options, images.training, images.test);
  const double enough = network.training.stop_accuracy;
  while (!trainer.finished()) {
    const std::optional<EpochRecord> epoch = trainer.step();
    if (epoch && enough > 0 && epoch->train_accuracy >= enough) break;
  }
  const std::string failure = failure_of(trainer);
  StudyTrial trial;
  for (const std::string& name : study_case.measurements) {
    const TrainingCurve* curve = curve_of(name);
    if (curve == nullptr) continue;
    trial.readings.push_back(failure.empty() ? curve_over_epochs(*curve, trainer.epochs(), options.epochs)
                                             : undefined_reading(curve->name, ReadingType::curve, failure));
  }
  for (Reading& reading : failure.empty()
                              ? readings_after(study_case, initial, trainer.network(), images.training, seed)
                              : undefined_readings(study_case, failure))
    trial.readings.push_back(std::move(reading));
  trial.coverage.nodes = trial.coverage.measured = static_cast<int64_t>(initial.nodes().size());
  const bool ended = failure.empty() && std::isfinite(trainer.epochs().back().train_loss);
  return ended ? TrainedOnce{std::move(trial), trainer.epochs().back().train_loss}
               : TrainedOnce{std::move(trial)};
}

}  // namespace

StudyTrial trained_trial(const StudyCase& study_case, const TrainedNetwork& network, uint64_t seed) {
  const std::vector<double>& rates = network.training.learning_rates;
  if (rates.empty()) return trained_once(study_case, network, seed).trial;
  std::optional<TrainedOnce> best;
  double best_rate = 0;
  TrainedNetwork one = network;
  one.training.learning_rates.clear();
  for (const double rate : rates) {
    throw_if_interrupted();
    one.training.learning_rate = rate;
    TrainedOnce tried = trained_once(study_case, one, seed);
    if (best && !(tried.loss < best->loss)) continue;
    best = std::move(tried);
    best_rate = rate;
  }
  constexpr const char* kRate = "learning_rate";
  best->trial.readings.push_back(
      std::isfinite(best->loss)
          ? scalar_reading(kRate, best_rate)
          : undefined_reading(kRate, ReadingType::scalar, "training met an accident at every rate"));
  return std::move(best->trial);
}

void require_trainable(const StudyCase& study_case, const TrainedNetwork& network) {
  if (!runs_on_images(study_case))
    reject("study case '" + study_case.name + "'", "what is trained is a network on images",
           study_case.inputs);
  for (const std::string& name : study_case.measurements) reject_unknown_reading(name);
  const TrainOptions options = options_of(network, 1);
  make_schedule(options.schedule);
  Optimizer(options.optimizer, {});
}

// A short step of a quarter of the examples; the first one of a network is slower.
double seconds_per_example(const StudyCase& study_case, const TrainedNetwork& network) {
  constexpr int64_t kPart = 4;
  const int64_t batch = std::max<int64_t>(1, network.training.batch / kPart);
  TrainedNetwork sample = network;
  sample.training.examples = 2 * batch;
  sample.training.test_examples = 1;
  sample.training.batch = batch;
  const Network initial = drawn(study_case, sample, 1);
  Trainer trainer(initial, options_of(sample, 1),
                  training_images(study_case, sample.training, initial.inputs()).training);
  trainer.step();
  const auto start = std::chrono::steady_clock::now();
  trainer.step();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() /
         static_cast<double>(batch);
}

}  // namespace shatterproof
