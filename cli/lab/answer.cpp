// SPDX-License-Identifier: Apache-2.0
#include "cli/lab/answer.h"

#include <fmt/format.h>

#include <optional>
#include <sstream>

#include "shatterproof/examine/check.h"
#include "shatterproof/examine/measured_subject.h"
#include "shatterproof/examine/training.h"
#include "shatterproof/examine/weight_draws.h"
#include "shatterproof/results/writer.h"
#include "shatterproof/study/reproduction.h"
#include "shatterproof/train/training_run.h"

namespace shatterproof::cli {
namespace {

constexpr const char* kExamples = "teacher:256:0:2";
constexpr int64_t kExamplesOfAStep = 256;

// A training of the state, with the subject that it draws from.
struct LabTraining {
  explicit LabTraining(const LabSetting& setting) : subject(subject_of_family(setting.network())) {
    TrainingRequest request;
    request.examples = kExamples;
    request.options.epochs = setting.count("steps");
    request.options.batch = kExamplesOfAStep;
    request.options.learning_rate = std::stod(setting.word("rate"));
    SessionOptions options = setting.session();
    options.examples = {};
    options.functional.reset();
    training = training_of(subject, settings_of(subject, options), std::move(request));
  }

  Subject subject;
  Training training;
};

MeasuredSubject measured(const Subject& subject, const LabSetting& setting, bool whole,
                         const Cancellation& cancellation) {
  MeasureOptions options;
  static_cast<SessionOptions&>(options) = setting.session();
  options.cancellation = &cancellation;
  options.predicts = whole;
  if (subject.origin != Origin::family) {
    options.weights.scheme.clear();
    options.batch_norm = BatchStatistics::detached;
  }
  return measure(subject, lab_measurements(whole), options);
}

void write_readings(ResultsWriter& writer, const MeasuredSubject& subject, const std::string& name) {
  for (Reading reading : subject.readings) {
    reading.case_name = name;
    writer.write(reading);
  }
  for (PredictionRecord prediction : subject.predictions) {
    prediction.reading.case_name = name;
    writer.write(prediction);
  }
}

void write_verdict(ResultsWriter& writer, const Subject& subject, const LabSetting& setting,
                   const Cancellation& cancellation) {
  CheckOptions options;
  static_cast<SessionOptions&>(options) = setting.session();
  options.cancellation = &cancellation;
  options.rehearses = false;
  options.predicts = false;
  const Diagnosis diagnosis = check(subject, options).diagnosis;
  for (const Finding& finding : diagnosis.findings) writer.write(finding);
  writer.write(verdict_record(diagnosis));
}

void write_drawn(ResultsWriter& writer, const LabSetting& setting, bool whole,
                 const Cancellation& cancellation) {
  const Subject subject = subject_of_family(setting.network());
  const MeasuredSubject all = measured(subject, setting, whole, cancellation);
  writer.write(all.context);
  write_readings(writer, all, "");
  if (whole) write_verdict(writer, subject, setting, cancellation);
  writer.write(all.coverage);
}

void write_trained(ResultsWriter& writer, const LabSetting& setting, bool whole,
                   const Cancellation& cancellation) {
  const Subject drawn = subject_of_family(setting.network());
  const MeasuredSubject before = measured(drawn, setting, whole, cancellation);
  LabTraining one(setting);
  Trainer trainer(one.training.network, one.training.options, one.training.examples);
  const TrainingResult result = run_training(trainer, one.training.run);
  const MeasuredSubject after = measured(subject_of_network(trainer.network()), setting, whole, cancellation);
  writer.write(before.context);
  write_readings(writer, before, "before training");
  const int64_t steps = setting.count("steps");
  write_readings(writer, after, fmt::format("after {} step{}", steps, steps == 1 ? "" : "s"));
  for (const EpochRecord& epoch : result.epochs) writer.write(epoch);
  writer.write(after.coverage);
}

void write_noise(ResultsWriter& writer, const LabSetting& setting) {
  ReproduceOptions options;
  options.first_seed = static_cast<uint64_t>(setting.count("seed"));
  write(writer, reproduction(parse_study(setting.study(), "laboratory", false), options));
}

}  // namespace

std::string lab_results(const LabSetting& setting, bool whole, const Cancellation& cancellation) {
  const CancellationScope heeds(&cancellation);
  std::ostringstream text;
  ResultsWriter writer(text);
  if (setting.is_noise()) {
    write_noise(writer, setting);
  } else if (setting.count("steps") > 0) {
    write_trained(writer, setting, whole, cancellation);
  } else {
    write_drawn(writer, setting, whole, cancellation);
  }
  writer.close();
  return text.str();
}

Network lab_network(const LabSetting& setting, const Cancellation& cancellation) {
  const CancellationScope heeds(&cancellation);
  if (setting.count("steps") > 0) {
    LabTraining one(setting);
    Trainer trainer(one.training.network, one.training.options, one.training.examples);
    run_training(trainer, one.training.run);
    return trainer.network();
  }
  const Subject subject = subject_of_family(setting.network());
  const WeightDraws draws = weight_draws(subject, setting.session().weights);
  return drawn_network(subject, draws, draws.first_seed).network;
}

}  // namespace shatterproof::cli
