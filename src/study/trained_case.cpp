// SPDX-License-Identifier: Apache-2.0
#include "study/trained_case.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <mutex>

#include "shatterproof/architecture/catalog.h"
#include "shatterproof/core/error.h"
#include "shatterproof/core/spec.h"
#include "shatterproof/core/random.h"
#include "shatterproof/core/threads.h"
#include "shatterproof/experiment/catalog.h"
#include "shatterproof/experiment/measure.h"
#include "shatterproof/initializer/catalog.h"
#include "shatterproof/results/reader.h"
#include "shatterproof/results/writer.h"
#include "shatterproof/train/schedule.h"
#include "shatterproof/train/trainer.h"
#include "study/image_inputs.h"
#include "study/measure_request.h"

namespace shatterproof {
namespace {

namespace fs = std::filesystem;

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

struct TrialResult {
  std::vector<EpochRecord> epochs;
  std::vector<Reading> readings;  // of the trained network
  std::string failure;            // why there is no more; empty when it trained to its end
};

// One thread each, also when there is one alone: its numbers shall not depend on how many there are.
void run_alone(int64_t count, int threads, const std::function<void(int64_t)>& job) {
  run_in_parallel(std::max<int64_t>(2, count), threads, [&](int64_t i) {
    if (i < count) job(i);
  });
}

int64_t depth_of(const std::string& network) {
  return Spec::parse(network).count("depth", 1, 1, kMost);
}

TrainOptions options_of(const StudyCase& study_case, uint64_t seed) {
  const StudyTraining& training = *study_case.training;
  TrainOptions options;
  options.epochs = training.epochs;
  options.batch = training.batch;
  options.optimizer = training.optimizer;
  options.learning_rate = training.learning_rate.value_or(training.learning_rate_times_depth /
                                                          static_cast<double>(depth_of(study_case.network)));
  options.schedule = training.schedule;
  options.augmentation = Augmentation::parse(training.augment);
  options.seed = seed;
  return options;
}

Network drawn(const StudyCase& study_case, uint64_t seed) {
  return initialize(build_family(study_case.network), study_case.initializer, seed).network;
}

// A curve of training or a measurement of the catalog.
void reject_unknown_reading(const std::string& name) {
  std::vector<std::string> known;
  for (const TrainingCurve& curve : kCurves) known.emplace_back(curve.name);
  for (const ExperimentRecord& record : measurements()) known.push_back(record.name);
  if (std::find(known.begin(), known.end(), name) == known.end())
    reject_unknown("study", "reading of training", name, known);
}

std::vector<std::string> measured_after(const StudyCase& study_case) {
  std::vector<std::string> names;
  for (const std::string& name : study_case.measurements) {
    if (curve_of(name) == nullptr) names.push_back(name);
  }
  return names;
}

// Rates in proportion to what each layer tolerates before training.
LearningRateFactors layer_rates(const StudyCase& study_case, const Network& network, const Batch& images) {
  const StudyTraining& training = *study_case.training;
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
  return measure(network, images.slice(0, count), names, request).readings;
}

TrialResult trained(const StudyCase& study_case, const TrainingImages& images, uint64_t seed) {
  TrainOptions options = options_of(study_case, seed);
  Network initial = drawn(study_case, seed);
  options.redraw = [&](int64_t attempt) {
    initial = drawn(study_case, hash_name(fmt::format("redraw {} of seed {}", attempt, seed)));
    return initial;
  };
  options.factors = layer_rates(study_case, initial, images.training);
  Trainer trainer(initial, options, images.training, images.test);
  const double enough = study_case.training->stop_accuracy;
  while (!trainer.finished()) {
    const std::optional<EpochRecord> epoch = trainer.step();
    if (epoch && enough > 0 && epoch->train_accuracy >= enough) break;
  }
  TrialResult result{trainer.epochs(), {}, ""};
  if (trainer.epochs().empty() || trainer.accident()) result.failure = trainer.stopped();
  if (result.failure.empty())
    result.readings = readings_after(study_case, initial, trainer.network(), images.training, seed);
  return result;
}

void keep(const fs::path& file, const TrialResult& trial, const std::string& version) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) throw IoError(fmt::format("{}: {}", printable(file.parent_path().string()), error.message()));
  ResultsWriter writer(file.string());
  writer.write(ContextRecord{.version = version});
  for (const EpochRecord& epoch : trial.epochs) writer.write(epoch);
  for (const Reading& reading : trial.readings) writer.write(reading);
  if (!trial.failure.empty()) writer.write(Finding{.id = "non_finite", .headline = trial.failure});
  writer.close();
}

std::optional<TrialResult> kept(const fs::path& file) {
  std::error_code missing;
  if (file.empty() || !fs::exists(file, missing)) return {};
  try {
    Results results = read_results(file.string());
    TrialResult trial{std::move(results.epochs), std::move(results.readings), ""};
    if (!results.findings.empty()) trial.failure = results.findings[0].headline;
    return trial;
  } catch (const IoError&) {  // never finished elsewhere: it runs again
    return {};
  }
}

Reading curve_over_epochs(const TrainingCurve& what, const TrialResult& trial, int64_t epochs) {
  if (!trial.failure.empty()) return undefined_reading(what.name, ReadingType::curve, trial.failure);
  Reading reading = curve_reading(what.name, "epoch", {}, {});
  for (int64_t epoch = 1; epoch <= epochs; ++epoch) {
    const int64_t last = static_cast<int64_t>(trial.epochs.size());
    reading.x.push_back(static_cast<double>(epoch));
    reading.values.push_back(what.value(trial.epochs[static_cast<size_t>(std::min(epoch, last) - 1)]));
  }
  return reading;
}

Reading mean_curve(const TrainingCurve& what, const std::vector<TrialResult>& trials, int64_t epochs) {
  std::vector<Reading> draws;
  for (const TrialResult& trial : trials) draws.push_back(curve_over_epochs(what, trial, epochs));
  return mean_over_seeds(draws);
}

// Readings of the trained networks, as the records of what was asked for announce them; undefined for a trial
// that met an accident.
std::vector<Reading> mean_readings(const StudyCase& study_case, const std::vector<TrialResult>& trials) {
  std::vector<Reading> means;
  for (const std::string& name : measured_after(study_case)) {
    const ExperimentRecord& record = measurement_of(name);
    std::vector<std::pair<std::string, ReadingType>> announced = {{record.name, record.type}};
    for (const CompanionReading& companion : record.companions) announced.emplace_back(companion.name, companion.type);
    for (const auto& [reading, type] : announced) {
      std::vector<Reading> draws;
      for (const TrialResult& trial : trials) {
        const auto found = std::find_if(
            trial.readings.begin(), trial.readings.end(),
            [&, wanted = reading](const Reading& one) { return one.name == wanted && one.tap.empty(); });
        draws.push_back(found != trial.readings.end() ? *found
                                                      : undefined_reading(reading, type, trial.failure));
      }
      means.push_back(mean_over_seeds(draws));
    }
  }
  return means;
}

}  // namespace

std::string StudyTraining::key() const {
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", examples, test_examples, epochs, batch, optimizer,
                     learning_rate_times_depth, learning_rate.value_or(0), layer_rates, stop_accuracy,
                     schedule, augment);
}

std::optional<StudyTraining> read_training(TomlTable& table) {
  const toml::table* given = table.table("train");
  if (given == nullptr) return {};
  TomlTable reader(*given, table.where() + ", train");
  StudyTraining training;
  training.examples = reader.count("examples", training.examples);
  training.test_examples = reader.count("test_examples", training.test_examples);
  training.epochs = reader.count("epochs", training.epochs);
  training.batch = reader.count("batch", training.batch);
  training.optimizer = reader.word("optimizer", training.optimizer);
  training.learning_rate_times_depth =
      reader.number("learning_rate_times_depth").value_or(training.learning_rate_times_depth);
  training.learning_rate = reader.number("learning_rate");
  training.layer_rates = reader.word("layer_rates", "");
  training.stop_accuracy = reader.number("stop_accuracy").value_or(0);
  training.schedule = reader.word("schedule", training.schedule);
  training.augment = reader.word("augment", training.augment);
  reader.reject_unread();
  if (training.learning_rate && reader.has("learning_rate_times_depth"))
    reject(reader.where(), "give one of learning_rate and learning_rate_times_depth", "both");
  if (!training.layer_rates.empty() && training.layer_rates != "update_budget")
    reject_unknown(reader.where(), "layer_rates", training.layer_rates, {"update_budget"});
  return training;
}

void check_training(const StudyCase& study_case) {
  const std::string where = "study case '" + study_case.name + "'";
  if (study_case.network.empty() || !runs_on_images(study_case))
    reject(where, "what is trained is a network on images", study_case.inputs);
  for (const std::string& name : study_case.measurements) reject_unknown_reading(name);
  const TrainOptions options = options_of(study_case, 1);
  make_schedule(options.schedule);
  Optimizer(options.optimizer, {});
}

fs::path TrialFiles::of(const StudyCase& study_case, uint64_t seed) const {
  if (folder.empty()) return {};
  return folder / fmt::format("{:016x}.trial_{}.jsonl", hash_name(version + study_case.key()), seed);
}

void run_trials(const std::vector<StudyCase>& cases, int threads, const TrialFiles& files,
                const std::function<void(int64_t done, int64_t all)>& after_trial) {
  struct Job {
    const StudyCase* study_case;
    uint64_t seed;
  };
  std::vector<Job> jobs;
  for (const StudyCase& study_case : cases) {
    for (int64_t seed = 1; study_case.training && seed <= study_case.seeds; ++seed) {
      const auto unsigned_seed = static_cast<uint64_t>(seed);
      if (!kept(files.of(study_case, unsigned_seed))) jobs.push_back({&study_case, unsigned_seed});
    }
  }
  std::stable_sort(jobs.begin(), jobs.end(), [](const Job& a, const Job& b) {
    return depth_of(a.study_case->network) > depth_of(b.study_case->network);
  });
  std::mutex mutex;
  int64_t done = 0;
  run_alone(static_cast<int64_t>(jobs.size()), threads, [&](int64_t i) {
    const Job& job = jobs[static_cast<size_t>(i)];
    const Network network = build_family(job.study_case->network);
    const TrialResult trial =
        trained(*job.study_case, training_images(*job.study_case, network.inputs()), job.seed);
    keep(files.of(*job.study_case, job.seed), trial, files.version);
    const std::lock_guard lock(mutex);
    if (after_trial) after_trial(++done, static_cast<int64_t>(jobs.size()));
  });
}

CaseResult trained_case(const StudyCase& study_case, int threads, const TrialFiles& files) {
  const Network network = build_family(study_case.network);
  const TrainingImages images = training_images(study_case, network.inputs());
  const int64_t epochs = study_case.training->epochs;
  std::vector<TrialResult> trials(static_cast<size_t>(study_case.seeds));
  run_alone(study_case.seeds, threads, [&](int64_t i) {
    const auto seed = static_cast<uint64_t>(i) + 1;
    const fs::path file = files.of(study_case, seed);
    std::optional<TrialResult> done = kept(file);
    if (!done) {
      done = trained(study_case, images, seed);
      if (!file.empty()) keep(file, *done, files.version);
    }
    trials[static_cast<size_t>(i)] = *std::move(done);
  });
  CaseResult result;
  for (const std::string& name : study_case.measurements) {
    if (const TrainingCurve* curve = curve_of(name))
      result.readings.push_back(mean_curve(*curve, trials, epochs));
  }
  for (Reading& reading : mean_readings(study_case, trials)) result.readings.push_back(std::move(reading));
  result.coverage.nodes = result.coverage.measured = static_cast<int64_t>(network.nodes().size());
  return result;
}

double estimated_seconds(const StudyCase& study_case, const TrialFiles& files) {
  int64_t missing = 0;
  for (int64_t seed = 1; seed <= study_case.seeds; ++seed)
    missing += !kept(files.of(study_case, static_cast<uint64_t>(seed)));
  if (missing == 0) return 0;
  // A short step of a quarter of the examples; the first one of a network is slower.
  constexpr int64_t kPart = 4;
  StudyCase sample = study_case;
  const int64_t batch = std::max<int64_t>(1, study_case.training->batch / kPart);
  sample.training->examples = 2 * batch;
  sample.training->test_examples = 1;
  sample.training->batch = batch;
  const Network network = drawn(sample, 1);
  double seconds = 0;
  run_alone(1, 2, [&](int64_t) {
    Trainer trainer(network, options_of(sample, 1), training_images(sample, network.inputs()).training);
    trainer.step();
    const auto start = std::chrono::steady_clock::now();
    trainer.step();
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  });
  const double per_trial = seconds / static_cast<double>(batch) *
                           static_cast<double>(study_case.training->examples * study_case.training->epochs);
  return per_trial * static_cast<double>(missing);
}

}  // namespace shatterproof
